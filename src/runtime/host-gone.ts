/**
 * A host that loses its power or its network says nothing. Where nothing is due from the other side (a tunnel, a long
 * answer, a link without requests), only the kernel can find that out: after this silence it asks, once a second, and after ten questions
 * without an answer the connection is reset.
 */
export const hostGoneAfterMs = 30_000;
