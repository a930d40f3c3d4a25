import { SkeinError } from "../protocol/error.ts";
import { type StoredToken, type TokenReply, type TokensReply, tokenView } from "../protocol/join-token.ts";
import { printable } from "./guard.ts";
import { newJoinToken, rotated } from "./join-tokens.ts";
import type { ControlPorts } from "./ports.ts";
import { type Call, type Reply, route, type RouteDefinition } from "./routes.ts";
import { tokenSchema } from "./schema.ts";

const written = { 200: "done", 404: "no such token", 503: "no leader" };

/** Join tokens: made, told once, and written by the leader. */
export function tokenRoutes(ports: ControlPorts): RouteDefinition[] {
  return [
    {
      method: "GET",
      path: "/v1/tokens",
      summary: "The join tokens, without their secrets",
      access: "operator",
      here: true,
      replies: { 200: "the tokens" },
      handle() {
        const json: TokensReply = { v: 1, tokens: ports.guard().tokens.map(tokenView) };
        return { json };
      },
    },
    route({
      method: "POST",
      path: "/v1/tokens",
      summary: "Makes a join token; the answer is the only place where it is shown",
      access: "operator",
      body: { schema: tokenSchema, bytesMax: 4096 },
      replies: { 200: "the token", 503: "no leader" },
      async handle({ body }) {
        const { scope, services = [], expiresInMs = null } = body;
        const made = newJoinToken({ scope, services, expiresInMs }, ports.guard().wallTime());
        await ports.putToken(made.token);
        return told(made);
      },
    }),
    {
      method: "POST",
      path: "/v1/tokens/{id}/rotate",
      summary: "Gives a token a new secret; the one before stays good until the next time",
      access: "operator",
      replies: written,
      async handle(call) {
        const made = rotated(tokenOf(ports, call));
        // Not the token as it was read: it may be revoked or rotated at this moment.
        await ports.rotateToken(made.token.id, made.added);
        return told(made);
      },
    },
    {
      method: "DELETE",
      path: "/v1/tokens/{id}",
      summary: "Revokes a token: sessions that were opened by it end, and nobody comes by it any more",
      access: "operator",
      replies: written,
      async handle(call) {
        await ports.revokeToken(tokenOf(ports, call).id);
        return { json: { v: 1 } };
      },
    },
  ];
}

function told({ token, text }: { token: StoredToken; text: string }): Reply {
  const json: TokenReply = { v: 1, token: text, view: tokenView(token) };
  return { json };
}

function tokenOf(ports: ControlPorts, { params }: Call): StoredToken {
  const id = params["id"] ?? "";
  const token = ports.guard().tokens.find((one) => one.id === id);
  if (token !== undefined) return token;
  throw new SkeinError("notFound", `There is no join token "${printable(id)}". See GET /v1/tokens.`);
}
