// Reads the response to a query with plain Node and discards it: the minimum memory for reading it
// completely.
import http from 'node:http';
import { downloadOrder, mostResidentBytes, residentBytes, runProgram, settle } from './program';

runProgram(downloadOrder, async ({ baseUrl, taskId, key }) => {
  await settle();
  const idle = residentBytes();
  const url = `${baseUrl}/v1/video/generations/${encodeURIComponent(taskId)}`;
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get(url, { agent: false, headers: { authorization: `Bearer ${key}` } }, resolve).on('error', reject);
  });
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) bytes += piece.length;
  return { bytes, overIdle: mostResidentBytes() - idle };
});
