/**
 * Where ours goes another way than the RFC lets or asks it to, beyond what the readers refuse (fuzz/choices.ts). Shown
 * in docs/conformance.md.
 */
export interface Way {
  what: string;
  section: string;
  because: string;
}

export const stricter: readonly Way[] = [
  {
    what: "A path with an encoded slash or backslash is refused unless its route allows it",
    section: "RFC 3986 2.2",
    because: "whoever decodes it later would find other segments than the route was chosen by",
  },
  {
    what: "Upgrade is forwarded for `websocket` only, and for what a route lists: one protocol, a GET without a body, HTTP/1.1",
    section: "RFC 9110 7.8",
    because: "a tunnel is out of every rule's reach; h2c was used to get past gateways",
  },
  {
    what: "Spellings with `_` of fields that the gateway acts on or writes are dropped, both ways",
    section: "RFC 9110 5.1",
    because: "many servers take `X_Forwarded_For` for `X-Forwarded-For`",
  },
  {
    what: "Trailers that say where a request came from, who asks, or what the content is are dropped",
    section: "RFC 9110 6.5.1",
    because: "whoever merges trailers into the fields would believe them",
  },
  {
    what: "X-Forwarded-*, Forwarded, X-Real-IP and X-Request-Id of a client that is no trusted proxy are dropped",
    section: "RFC 7239 8.1",
    because: "workers believe them",
  },
  {
    what: "Proxy-Authorization and Proxy-Authenticate stay at this hop",
    section: "RFC 9110 11.7",
    because: "they are between a client and a proxy that it chose; this one was not chosen",
  },
  {
    what: "At most ten 1xx for one request, and only one 100",
    section: "RFC 9110 15.2",
    because: "who sends more may never end",
  },
  {
    what: "A client that ends its half of the connection before its answer is there is taken for gone, and its request is cancelled",
    section: "RFC 9112 9.6",
    because: "it cannot be told from one that left, and work for nobody is what overload is made of",
  },
  {
    what: "After an answer that came before the end of its request neither connection is used again",
    section: "RFC 9112 9.5",
    because: "whether the worker read the rest of the body as a body is not known",
  },
];

export const looser: readonly Way[] = [
  {
    what: "Any method that is a token of up to 32 bytes is forwarded",
    section: "RFC 9110 9.1",
    because: "the worker knows its methods; framing never depends on one",
  },
  {
    what: 'The target may have `"`, `<`, `>`, `^`, `` ` ``, `{`, `|` and `}`, in the query also `\\` and a lone `%`',
    section: "RFC 3986 2",
    because: "browsers send them, and no reader takes them for the end of anything",
  },
  {
    what: "A status of 600 to 999 is passed on as it is",
    section: "RFC 9110 15",
    because: "some services use them; framing does not depend on them",
  },
  {
    what: "Trailers are passed on to clients that did not say `TE: trailers`",
    section: "RFC 9110 6.5.1",
    because: "every reader of chunks must be able to pass over them",
  },
  {
    what: "A body to the end of the worker's connection reaches an HTTP/1.1 client in chunks",
    section: "RFC 9112 6.3",
    because: "so the client's connection can be kept, and a cut is seen",
  },
];
