/** It can be sent as it is: no second line, no space, nothing but ASCII. A field with anything else throws where it is put together. */
export function isToken(text: string): boolean {
  return /^[\u0021-\u007e]*$/.test(text);
}
