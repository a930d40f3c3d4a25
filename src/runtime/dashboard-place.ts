import { fileURLToPath } from "node:url";

/** Where the built dashboard lies: in the published package beside the program, in a checkout in a cache that `npm start` fills. */
export function dashboardDirectory(): string {
  const published = import.meta.url.endsWith(".js");
  const path = published ? "../dashboard/" : "../../node_modules/.cache/skein/dashboard/";
  return fileURLToPath(new URL(path, import.meta.url));
}
