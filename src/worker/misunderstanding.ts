/** The certificate is of nobody who is trusted here, out of its time, or not for this name. Codes of Node. */
const distrust = /^(CERT|UNABLE|DEPTH|SELF_SIGNED|ERR_TLS)_|^(INVALID_CA|INVALID_PURPOSE)$/;
const noTls = /^(EPROTO$|ERR_SSL_)/;

export const trustByVariable = "name the cluster's ca.pem by SKEIN_CA";

/** Before anything is sent: who answers is not trusted, or does not speak TLS as we do. */
export function failsInTls(code: string): boolean {
  return distrust.test(code) || noTls.test(code);
}

/**
 * What is wrong where somebody is at a control address, and cannot be believed or understood: there it is no help to start a gateway.
 * `code` as Node tells it; `trust`: what to do for a certificate to be trusted. Undefined: nobody is known to be there.
 */
export function misunderstanding(url: string, code: string, trust = trustByVariable): string | undefined {
  if (code === "CERT_HAS_EXPIRED")
    return `${url} answers, but its certificate has expired (${code}): issue another by \`skein ca issue\``;
  if (code === "CERT_NOT_YET_VALID")
    return `${url} answers, but its certificate is not valid yet (${code}): look at this host's clock`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return `${url} answers, but its certificate is for other addresses (${code}): use one of those, or issue it for this one too`;
  if (distrust.test(code)) return `${url} answers, but its certificate is not trusted (${code}): ${trust}`;
  if (noTls.test(code))
    return `${url} answers, but does not speak TLS as a controller does (${code}): is it the control address?`;
  const isEnded = code === "ECONNRESET" || code === "UND_ERR_SOCKET";
  return isEnded && url.startsWith("http:")
    ? `no controller answers at ${url} (${code}): if TLS is spoken there, say https://`
    : undefined;
}
