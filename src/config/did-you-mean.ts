export { nearest } from "../core/did-you-mean.ts";
