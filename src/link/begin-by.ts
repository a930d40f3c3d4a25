/**
 * Until when a worker may begin with a request that must not run twice. A worker that stands still has such requests
 * unread in its socket: nobody can take them back, and when it goes on it would begin with them. So the proxy says with
 * them until when they may begin, and a worker that comes to one later refuses it. From then on it is certain that what
 * is not `entered` never will be, and it may go to another worker while this one still stands.
 *
 *     proxy   sent ......... beginBy ........................... cannot begin: free to go elsewhere
 *     worker       enters until here | begins until here
 *                                    '-- grace -->'-- grace -->'
 *
 * Between `entered` and the handler the worker looks at the clock once more: so an `entered` of a request that begins was
 * in the proxy's kernel a grace before the proxy may move it. That holds where both read the same clock and nothing can
 * be lost between them: on one host, over loopback.
 */

/**
 * From sending to beginning. More keeps the requests of a worker that stands still for longer; less gives back those of
 * one whose event loop is only slow: they go to another worker, once each, and then wait.
 */
export const beginWithinMs = 250;
const graceMs = 50;

/** The worker: it may say that it begins. */
export function mayEnter(now: number, beginBy: number): boolean {
  return now <= beginBy;
}

/** The worker: it has said so, the kernel has taken that, and it may begin. */
export function mayBegin(now: number, beginBy: number): boolean {
  return now <= beginBy + graceMs;
}

/** The proxy: when what was not said to be entered, by all that could be read, cannot begin any more. */
export function cannotBeginAt(beginBy: number): number {
  return beginBy + 2 * graceMs;
}
