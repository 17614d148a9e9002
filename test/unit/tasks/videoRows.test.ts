import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expectedRow, minVideoCount, matchVideos } from '../../../src/core/tasks/videoRows';
import type { VideoRow } from '../../../src/core/task/videoRow';
import { catalog } from '../../support/catalog';

const link = (name: string, signature = '1') => `https://cdn.example/${name}.mp4?sig=${signature}`;

/** Name of a row's file in these tests: the video that was received for it. */
const received = (row: VideoRow, file: string): VideoRow => ({ ...row, state: 'recorded', file });

describe('video rows of a task', () => {
  it('property: receive each video once for any order and subset of links', () => {
    const names = ['a', 'b', 'c', 'd'];
    const responses = fc.array(fc.shuffledSubarray(names, { minLength: 1 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }), responses, (count, all) => {
        let rows: readonly VideoRow[] = [];
        const downloads: string[] = [];
        for (const [round, named] of all.entries()) {
          const links = named
            .filter((name) => names.indexOf(name) < count)
            .map((name) => link(name, `${round}`));
          rows = matchVideos(rows, links, count);
          assert.equal(rows.length, count);
          rows = rows.map((row) => {
            const name = links.includes(row.link ?? '') ? /(\w)\.mp4/.exec(row.link ?? '')?.[1] : undefined;
            if (row.state !== 'expected' || name === undefined) return row;
            downloads.push(name);
            return received(row, name);
          });
        }
        const named = new Set(all.flat().filter((name) => names.indexOf(name) < count));
        assert.deepEqual(downloads.toSorted(), [...named].sort());
        assert.equal(rows.filter(({ state }) => state === 'expected').length, count - named.size);
      }),
    );
  });

  it('match the only link with the row that lacks a video', () => {
    const both = matchVideos([], [link('a'), link('b')], 1).map((row, at) => received(row, 'ab'[at] ?? ''));
    const reopened = both.map((row) => (row.file === 'b' ? expectedRow(row) : row));
    const rows = matchVideos(reopened, [link('b', '2')], 1);
    assert.deepEqual(
      rows.map(({ state, link: at }) => [state, at]),
      [
        ['recorded', link('a')],
        ['expected', link('b', '2')],
      ],
    );
  });

  it('treat another mark as another video if fewer are known than expected', () => {
    const rows = matchVideos([received({ position: 0, state: 'expected', mark: 'x' }, 'x')], [link('a')], 2);
    assert.deepEqual(
      rows.map(({ state, link: at }) => [state, at]),
      [
        ['recorded', undefined],
        ['expected', link('a')],
      ],
    );
  });

  it('match a video without a mark with the link at its position', () => {
    const old = [0, 1].map((position) => received({ position, state: 'expected' }, `${position}`));
    const rows = matchVideos(old, [link('a'), link('b')], 2);
    assert.equal(rows.length, 2);
    assert.ok(rows.every(({ state, mark }) => state === 'recorded' && mark !== undefined));
    // Both have marks from now on.
    assert.equal(matchVideos(rows, [link('b'), link('a')], 2).length, 2);
  });

  it('match a changed link with the row that has received nothing', () => {
    const first = matchVideos([], [link('tmp/1')], 1);
    const again = matchVideos(first, [link('tmp/2')], 1);
    assert.equal(again.length, 1);
    assert.equal(again[0]?.link, link('tmp/2'));
    assert.notEqual(again[0].mark, first[0]?.mark);
  });

  it("don't treat new paths in each response as new videos", () => {
    let rows = matchVideos([], [link('t0/a'), link('t0/b')], 2);
    rows = rows.map((row) => (row.position === 0 ? received(row, 'a') : row));
    for (let round = 1; round < 9; round++) {
      rows = matchVideos(rows, [link(`t${round}/a`), link(`t${round}/b`)], 2);
      assert.deepEqual(
        rows.map(({ state, link: at }) => [state, at]),
        [
          ['recorded', link('t0/a')],
          ['expected', link(`t${round}/b`)],
        ],
      );
    }
  });

  it('are limited in number, whatever a response lists', () => {
    const links = Array.from({ length: 40 }, (_, index) => link(`${index}`));
    const rows = matchVideos([], links, 1);
    assert.equal(rows.length, 8);
    // More rows of an older version stay.
    const old = links.map((_, position): VideoRow => ({ position, state: 'expected' }));
    assert.equal(matchVideos(old, links, 1).length, 40);
  });

  it('match links that differ only in their query by position', () => {
    const same = [1, 2].map((id) => `https://cdn.example/video?id=${id}`);
    const rows = matchVideos([], same, 1).map((row) => received(row, row.link ?? ''));
    assert.deepEqual(matchVideos(rows, same, 1), rows);
  });

  it('never become fewer, and are at least as many as requested', () => {
    const rows = matchVideos([], [link('a')], 3);
    assert.equal(rows.length, 3);
    assert.equal(matchVideos(rows, [], 1).length, 3);
  });

  it('are as many as requested and not filtered', () => {
    const request = { model: 'veo', prompt: 'a', options: { sampleCount: 4 } };
    assert.equal(minVideoCount(catalog, request), 4);
    assert.equal(minVideoCount(catalog, request, { filteredCount: 1 }), 3);
    assert.equal(minVideoCount(catalog, request, { filteredCount: 9 }), 1);
    assert.equal(minVideoCount(catalog, { model: 'sora-2' }, { expectedCount: 2 }), 2);
    assert.equal(minVideoCount(catalog, { model: 'x', options: { n: 1000 } }), 8);
    assert.equal(minVideoCount(catalog, { model: 'x', options: { n: 'many' } }), 1);
  });
});
