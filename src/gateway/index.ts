/// <reference types="node" preserve="true" />
/** The door `skein/gateway`: a gateway inside your own process. */
export { startGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
