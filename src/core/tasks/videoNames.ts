/** One video of a task: it is in the library already, or it is to be fetched under this name. */
export type Allotment<Video> =
  { readonly kind: 'here'; readonly video: Video } | { readonly kind: 'toFetch'; readonly name: string };

/**
 * Finds out which of a task's videos are in the library, and under which name each of the others is to come. The
 * gateway may name them in another order than the last time; what came from the same place is the same video. Where
 * places say nothing, for instance because their addresses change too, the order has to do.
 * @param sources where each video is, as the gateway has them now; undefined where that says nothing
 * @param names enough for all of them and for those that are here
 * @param there what the library has under each name
 * @returns one for each source, in their order, and the videos that are here though the gateway names them no more
 */
export function allotNames<Video extends { readonly source?: string | undefined }>(
  sources: readonly (string | undefined)[],
  names: readonly string[],
  there: readonly (Video | undefined)[],
): { readonly allotted: readonly Allotment<Video>[]; readonly others: readonly Video[] } {
  const left = [...there];
  const take = (index: number): Video | undefined =>
    index < 0 ? undefined : left.splice(index, 1, undefined)[0];
  const found = sources.map((source) => {
    const index = left.findIndex((video) => source !== undefined && video?.source === source);
    return take(index);
  });
  const inOrder = found.map((video, position) => video ?? take(position));
  const free = names.filter((_, index) => there[index] === undefined);
  const allotted = inOrder.map((match): Allotment<Video> => {
    const video = match ?? take(left.findIndex((other) => other !== undefined));
    if (video) return { kind: 'here', video };
    const name = free.shift();
    if (name === undefined) throw new RangeError('there are fewer names than videos');
    return { kind: 'toFetch', name };
  });
  return { allotted, others: left.filter((video) => video !== undefined) };
}
