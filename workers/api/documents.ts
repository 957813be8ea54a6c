import { OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import { SCOPE_WORDS, SCOPES } from "#domain/credentials/scopes.ts";
import { INTAKE_CONTRACTS } from "../embed/intake.ts";
import { oauthContracts } from "../oauth/contracts.ts";
import { PUBLISHED_EVENTS } from "#domain/events/published.ts";
import type { Env } from "../runtime.ts";
import { clerkWebhookContract } from "./clerk-webhook.ts";
import { leakedCredentialsContract } from "./leaked-credentials.ts";
import { contractsUnder } from "./operation.ts";
import { stripeWebhookContracts } from "./stripe-webhooks.ts";
import { registerV1, V1 } from "./v1/app.ts";
import { deliveryOperation } from "./v1/event-shapes.ts";
import { v1Contracts } from "./v1/operation.ts";
import { V2, v2 } from "./v2/app.ts";

type Origins = Pick<Env, "API_ORIGIN" | "CONSOLE_ORIGIN">;

/** What each part of the partner API is about. */
const TAGS: Readonly<Record<string, string>> = {
  me: "Who a credential is, and what it may do.",
  "event-types": "What can be heard of, and the scope each event needs.",
  roles: "Open roles, with the terms on which they are filled.",
  submissions: "Candidates submitted to roles, and how far they have come.",
  candidates: "The people behind the submissions you may see.",
  "candidate-invitations": "Asking a candidate to be represented by you, which a submission needs.",
  placements: "Hires, and what becomes of them.",
  payouts: "Your share of placement fees, and whether it has moved.",
  "api-keys": "Keys of your account: asked for, rotated, revoked.",
  "oauth-clients": "Apps that people let act for them.",
  "oauth-grants": "What people gave your apps, or you gave theirs.",
  approvals: "For platform admins: keys and apps that wait for a decision.",
  "account-plan": "Your plan, and paid calls beyond it.",
  "account-plans": "For platform admins: the plan of an account.",
  usage: "Calls against the limit, and what the month comes to.",
  "request-logs": "Every call, to read or to export.",
  oauth: "Tokens for apps that people let act for them.",
  "intake-requests": "Roles that were handed in through a company's own pages and widget.",
  intake: "What a company's widget shows and hands in; anybody may ask.",
  webhooks: "Endpoints that are told what happens, signed.",
  "webhook-deliveries": "Every delivery with its attempts: what was sent and what was answered.",
  "replay-jobs": "Sending again what an endpoint missed.",
  "siem-destinations": "Where the account's logs are pushed to.",
  "audit-events": "Who managed what, in a chain that can be verified.",
  "auth-events": "For platform admins: who got in and out, to read or to export.",
};

const BEARER = "Always `Authorization: Bearer …`, never in the address.";

/** The contract of the partner API, from the routes that run. */
function partnerDocument({ API_ORIGIN: origin, CONSOLE_ORIGIN }: Origins, version: "3.0.3" | "3.1.0"): string {
  registerV1();
  const contract = new OpenAPIHono();
  const routes = [...v1Contracts(V1), ...oauthContracts(), ...INTAKE_CONTRACTS];
  for (const route of routes) contract.openAPIRegistry.registerPath(route);
  contract.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "snk_live_…",
    description: `An API key. ${BEARER}`,
  });
  contract.openAPIRegistry.registerComponent("securitySchemes", "oauth", {
    type: "oauth2",
    description: `An access token of a person's grant. ${BEARER}`,
    flows: {
      authorizationCode: {
        authorizationUrl: `${CONSOLE_ORIGIN}/oauth/authorize`,
        tokenUrl: `${origin}/oauth/token`,
        refreshUrl: `${origin}/oauth/token`,
        scopes: Object.fromEntries(SCOPES.map((scope) => [scope, SCOPE_WORDS[scope]])),
      },
      clientCredentials: {
        tokenUrl: `${origin}/oauth/token`,
        scopes: Object.fromEntries(SCOPES.map((scope) => [scope, SCOPE_WORDS[scope]])),
      },
    },
  });
  registerSession(contract);
  contract.openAPIRegistry.registerComponent("securitySchemes", "client", {
    type: "http",
    scheme: "basic",
    description: "A confidential client: its id and its secret",
  });
  if (version === "3.1.0") {
    for (const event of PUBLISHED_EVENTS) {
      const { requestBody: body, parameters: _, operationId, ...told } = deliveryOperation(event);
      contract.openAPIRegistry.registerWebhook({
        method: "post",
        path: event.type,
        operationId: `${operationId}_webhook`,
        ...told,
        request: { body },
      } as never);
    }
  }
  const used = new Set(routes.flatMap(({ tags }) => tags ?? []));
  const about = {
    info: {
      title: "Splits Network partner API",
      version: "1.0.0",
      description:
        "The split-fee recruiting marketplace, for partners: roles, submissions, placements and payouts. Single resources come as `{data}`, lists as `{data, pagination}`, newest first, page by page along `next_cursor`. Errors are problem documents (RFC 9457) whose `code` is stable.",
      license: { name: "Proprietary", url: "https://splits.network/terms" },
    },
    servers: [{ url: origin }],
    tags: [...used].map((name) => ({ name, ...(TAGS[name] ? { description: TAGS[name] } : {}) })),
  };
  return written(
    version === "3.0.3"
      ? contract.getOpenAPIDocument({ openapi: version, ...about })
      : contract.getOpenAPI31Document({ openapi: version, ...about }),
  );
}

/** The contract of the first-party API and of the webhooks we receive. */
async function firstPartyDocument(origin: string): Promise<string> {
  await v2(); // registers every contract
  const contract = new OpenAPIHono();
  const routes: RouteConfig[] = [clerkWebhookContract, ...stripeWebhookContracts, leakedCredentialsContract, ...contractsUnder(V2)];
  for (const route of routes) contract.openAPIRegistry.registerPath(route);
  registerSession(contract);
  return written(
    contract.getOpenAPIDocument({
      openapi: "3.0.3",
      info: {
        title: "Splits Network",
        version: "2.0.0",
        description: "The split-fee recruiting marketplace: first-party API.",
        license: { name: "Proprietary", url: "https://splits.network/terms" },
      },
      servers: [{ url: origin }],
    }),
  );
}

const registerSession = (contract: OpenAPIHono): void =>
  void contract.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A session token of the identity issuer",
  });

const written = (document: object): string => JSON.stringify(document, (_, value: unknown) => (isAnything(value) ? {} : value));

/** `{nullable: true}` alone is how anything at all is generated; OpenAPI 3.0 asks for a type beside it, or for nothing. */
const isAnything = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "nullable" in value && Object.keys(value).length === 1;

/** The contract at one of the addresses of contracts. */
export async function documentAt(path: string, origins: Origins): Promise<string> {
  if (path === "/openapi.json") return partnerDocument(origins, "3.0.3");
  return path === "/openapi-3.1.json" ? partnerDocument(origins, "3.1.0") : firstPartyDocument(origins.API_ORIGIN);
}
