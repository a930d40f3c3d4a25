/** `web`, or `web:canary`. */
export function serviceText({ service, subset }: { service: string; subset?: string | undefined }): string {
  return subset === undefined ? service : `${service}:${subset}`;
}
