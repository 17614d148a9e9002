// Downloads a video as the documentation's sample does: the whole response, one string, one array, one write.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { downloadOrder, runProgram } from './program';

runProgram(downloadOrder, async ({ baseUrl, taskId, key, folder }) => {
  const file = path.join(folder, 'sample.mp4');
  const started = performance.now();
  const response = await fetch(`${baseUrl}/v1/video/generations/download?id=${encodeURIComponent(taskId)}`, {
    headers: { Authorization: `Bearer ${key}` },
  });
  const data = (await response.json()) as { base64: string };
  const binary = atob(data.base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) {
    bytes[i] = binary.charCodeAt(i);
  }
  await writeFile(file, bytes);
  return { ms: performance.now() - started, file };
});
