import type { Tier } from "#domain/commission/rates.ts";
import type { AccessToken, CredentialRecord } from "#domain/credentials/record.ts";
import type { Token, TokenEnv, TokenFault, TokenType } from "#domain/credentials/token.ts";
import type { Collection, InvoiceStatus } from "#domain/invoices/invoice.ts";
import type { DestinationKind } from "#domain/destinations/destination.ts";
import type { Cents } from "#domain/money.ts";
import type { ErrorCode } from "#domain/refusals.ts";
import type { StripeAnswer, Transfer } from "#domain/payouts/outcome.ts";
import type { BalanceMovement, ComparedInvoice, KeptTransfer } from "#domain/reconciliation/checks.ts";
import type { SubscriptionState } from "#domain/subscriptions/subscription.ts";
import type { DeliveryPriority, NextStep, SendOutcome } from "#domain/webhooks/outcome.ts";
import type { AttemptTrigger } from "#domain/webhooks/words.ts";

/** What the house needs from the world. `integrations/` provides it, `workers/runtime.ts` binds it. */

/** Tells the queue that events wait in the outbox; a lost message is repaired by the sweep. */
export interface EventQueue {
  send(eventIds: readonly string[]): Promise<void>;
}

/** Tells the queue that mails wait in the notifications; a lost message is repaired by the sweep. */
export interface MailQueue {
  send(notificationIds: readonly string[]): Promise<void>;
}

export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** A mail provider. The same `key` sends one mail, however often it is asked. */
export interface MailSender {
  send(mail: Mail, key: string): Promise<MailOutcome>;
}

export type MailOutcome =
  /** `id`: null where the provider took another version of the mail before. */
  | { sent: true; id: string | null }
  /** `final`: the provider will never take this mail; otherwise a later try may work. */
  | { sent: false; final: boolean; reason: string };

/** One line of the log: no personal data, no secrets. */
export type Log = (level: "info" | "warn" | "error", message: string, facts?: Record<string, unknown>) => void;

/** Makes the token of a mailed link from its row and instant of issue (DESIGN R-6). */
export interface LinkTokens {
  token(rowId: string, issuedAt: Date): Promise<string>;
  hash(token: string): Promise<string>;
}

/** Keeps a text so that only its owner gets it back (AES-256-GCM; the owner is its associated data). */
export interface Seal {
  seal(text: string, owner: string): Promise<string>;
  /** Null where it was sealed for somebody else or under a key that is gone. */
  open(sealed: string, owner: string): Promise<string | null>;
  /** Names the key that it seals under now, so that what lies under an older one can be found. */
  keyId(): Promise<string>;
}

/** Files of any size that are no rows, each under its key. */
export interface Files {
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /** Null where nothing lies under the key. */
  get(key: string): Promise<{ body: ReadableStream; contentType: string; size: number } | null>;
  remove(key: string): Promise<void>;
}

/** What one address may do only so often: hand in a role, try an access code. */
export type Counted = "request" | "code";

/** What one address did at one company's intake and private page. Instants are seconds since 1970. */
export interface IntakeGuard {
  /** Counts one more; in how many seconds it may be tried again where that is too many, otherwise 0. */
  take(what: Counted, now: number): Promise<number>;
  /** Spends what is good once and until then; false if it was spent before. */
  spend(mark: string, until: number, now: number): Promise<boolean>;
}

/** Where people prove who they are: OpenID Connect's code flow with the session issuer (IDENTITY §8). */
export interface SignInProvider {
  /** Where the browser goes; refuses with `service_unavailable` while the provider is away. */
  begin(ask: { redirectUri: string; state: string; nonce: string; verifier: string; loginHint: string }): Promise<string>;
  /**
   * Verifies what came back.
   *
   * @param kept.ageSeconds - how long ago it began; nothing older is accepted
   */
  complete(
    answer: URLSearchParams,
    kept: { redirectUri: string; state: string; nonce: string; verifier: string; ageSeconds: number },
  ): Promise<SignInAnswer>;
}

export type SignInAnswer =
  | { kind: "accepted"; facts: SignInFacts }
  /** the provider answered with an error code of its own */
  | { kind: "called_off"; error: string }
  /** a check failed, by its number in IDENTITY §8 */
  | { kind: "refused"; check: number; reason: string }
  | { kind: "unreachable" };

/** What a provider vouches for. */
export interface SignInFacts {
  subject: string;
  email: string | null;
  emailVerified: boolean;
  name: string | null;
  /** The provider's session. */
  sid: string | null;
}

/** Where we may send what partners ask us to send (PLATFORM §14). */
export interface Destinations {
  /**
   * Judges an address by its text, and by every address that its name has.
   *
   * @param options.fresh - asks the name server in any case; otherwise an answer is believed for five minutes
   */
  check(url: string, kind: DestinationKind, options?: { fresh?: boolean }): Promise<DestinationCheck>;
}

export type DestinationCheck =
  /** `url`: in its one spelling, which is what is to be sent to */
  | { open: true; url: string }
  | {
      open: false;
      /** `unasked`: our name server could not be asked, which is no fault of the address. */
      reason: "blocked_destination" | "unresolvable" | "unasked";
    };

/** Tells a queue which rows to look at. Rows decide: whatever is lost, repeated or late is found by the sweep. */
export interface WorkQueue {
  send(ids: readonly string[]): Promise<void>;
}

/** An invoice as it is ordered from the payment provider. Fixed per key. */
export interface InvoiceOrder {
  operationId: string;
  invoiceId: string;
  placementId: string;
  customerId: string;
  collection: Collection;
  lines: readonly { description: string; amount: Cents }[];
  /** Whether the provider mails it to the customer. */
  mailed: boolean;
}

/** An invoice as the payment provider shows it. */
export interface SeenInvoice {
  /** The provider's id. */
  id: string;
  customerId: string | null;
  /** Our invoice; null for one of a plan, or of somebody else. */
  invoiceId: string | null;
  operationId: string | null;
  status: InvoiceStatus;
  number: string | null;
  hostedUrl: string | null;
  amountDue: Cents;
  amountPaid: Cents;
  amountRemaining: Cents;
  finalizedAt: Date | null;
  /** `YYYY-MM-DD`. */
  dueDate: string | null;
  paidAt: Date | null;
  voidedAt: Date | null;
}

/** One payment of an invoice as the payment provider shows it, in cents. */
export interface SeenPayment {
  id: string;
  /** The provider's id of the invoice. */
  stripeInvoiceId: string;
  gross: Cents;
  fee: Cents;
  /** Null where it was paid outside the provider. */
  balanceTransactionId: string | null;
  paymentIntentId: string | null;
  chargeId: string | null;
  availableOn: Date | null;
  paidAt: Date;
}

/** Money that went back to a customer, or is on its way. */
export interface SeenRefund {
  id: string;
  amount: Cents;
  status: "pending" | "requires_action" | "succeeded" | "failed" | "canceled";
  operationId: string | null;
  paymentIntentId: string | null;
  balanceTransactionId: string | null;
  /** What brought the money back to us when the refund failed. */
  failureBalanceTransactionId: string | null;
}

/** What a customer paid in one go, and what of it went back. */
export interface SeenCharge {
  paymentIntentId: string;
  paid: Cents;
  refunds: readonly SeenRefund[];
}

/** A credit note on an invoice. */
export interface SeenCreditNote {
  id: string;
  amount: Cents;
  operationId: string | null;
}

/**
 * Invoices to companies at the payment provider. Every call throws the provider's own errors, which
 * `answerTo` reads; every write takes its idempotency key.
 */
export interface InvoiceBilling {
  createCustomer(company: { companyId: string; name: string; email: string; operationId: string }, key: string): Promise<string>;
  /** What a customer's next invoices say of whom they are for. */
  updateCustomer(customer: { id: string; name: string; email: string }, key: string): Promise<void>;
  /** The customer made for a company; null when there is none. */
  findCustomer(company: { companyId: string; email: string }): Promise<string | null>;
  /** Whether a customer's invoices can be charged at once; false for one that is gone. */
  canBeCharged(customerId: string): Promise<boolean>;
  /** Creates, fills, finalises and sends an invoice, beginning where `existing` stands; each step under a key of its own. */
  issueInvoice(order: InvoiceOrder, key: (step: string) => string, existing: SeenInvoice | null): Promise<SeenInvoice>;
  findInvoice(customerId: string, operationId: string): Promise<SeenInvoice | null>;
  invoice(id: string): Promise<SeenInvoice>;
  voidInvoice(id: string, key: string): Promise<SeenInvoice>;
  /** Every payment that arrived for an invoice, oldest first. */
  payments(id: string): Promise<SeenPayment[]>;
  /** One payment; null when it has not arrived. */
  payment(id: string): Promise<SeenPayment | null>;
  createCreditNote(note: { stripeInvoiceId: string; amount: Cents; operationId: string }, key: string): Promise<SeenCreditNote>;
  creditNotes(stripeInvoiceId: string): Promise<SeenCreditNote[]>;
  /** What paid an invoice, newest first, with its refunds. */
  charges(stripeInvoiceId: string): Promise<SeenCharge[]>;
  createRefund(refund: { paymentIntentId: string; amount: Cents; operationId: string }, key: string): Promise<SeenRefund>;
  refund(id: string): Promise<SeenRefund>;
}

/** Money that came back from a payee's account. */
export interface SeenReversal {
  id: string;
  amount: Cents;
  operationId: string | null;
  balanceTransactionId: string | null;
}

/** A payee's account as the payment provider shows it. */
export interface SeenAccount {
  id: string;
  recruiterId: string | null;
  /** Transfers active, payouts enabled and details submitted (M-3). */
  canReceive: boolean;
  detailsSubmitted: boolean;
  /** What the provider still wants to know; codes, no data. */
  requirementsDue: readonly string[];
}

/** Payees' accounts at the payment provider. Calls throw the provider's own errors. */
export interface ConnectAccounts {
  createAccount(recruiter: { recruiterId: string; email: string; operationId: string }, key: string): Promise<string>;
  /** The account made for a recruiter since an instant; null when there is none. */
  findAccount(recruiterId: string, since: Date): Promise<string | null>;
  account(id: string): Promise<SeenAccount>;
  /** A page on which the payee completes the account; it opens once and for minutes. */
  onboardingLink(
    accountId: string,
    urls: { returnUrl: string; refreshUrl: string },
    key: string,
  ): Promise<{ url: string; expiresAt: Date }>;
  /** A page on which the payee sees the account. */
  dashboardLink(accountId: string, key: string): Promise<{ url: string }>;
  /** The payments that a payout of an account brought to its bank. */
  paidOut(accountId: string, payoutId: string): Promise<string[]>;
  reverseTransfer(reversal: { transferId: string; amount: Cents; operationId: string }, key: string): Promise<SeenReversal>;
  reversals(transferId: string): Promise<SeenReversal[]>;
}

/** A message of the payment provider: what to look at. */
export interface ProviderEvent {
  id: string;
  type: string;
  /** The connected account that it is about; null for our own. */
  account: string | null;
  created: Date;
  object: { type: string; id: string | null };
}

/** Messages of the payment provider. */
export interface ProviderEvents {
  /** Reads a message by its signature over the raw body; null when no signature fits or it is older than five minutes. */
  verified(body: string, signature: string, from: "platform" | "connect"): Promise<ProviderEvent | null>;
  /** Every message since an instant about our own account, or about a connected one. */
  since(instant: Date, account: string | null): Promise<ProviderEvent[]>;
}

/** What a failed call says: null for a lost answer. */
export type CallAnswer = { httpStatus: number; errorType: string | null; errorCode: string | null } | null;

/** What a plan's price is for: a person or a team's seats, by month or year. */
export interface PriceOf {
  plan: { slug: string; name: string; tier: Tier };
  billingPeriod: "monthly" | "annual";
  forTeam: boolean;
  /** Of one person or seat for the period. */
  unit: Cents;
  /** Of one seat from so many seats on; for teams. */
  volume: { seats: number; unit: Cents };
}

/** A plan's subscription as the payment provider shows it. What it shows counts, whatever was told before. */
export interface FetchedSubscription extends Pick<SubscriptionState, "status" | "currentPeriodStart" | "currentPeriodEnd"> {
  id: string;
  customerId: string;
  /** The row that asked for it; null where it was made by somebody else. */
  subscriptionId: string | null;
  /** What it is for; null where its price is none of ours. */
  price: { planSlug: string; billingPeriod: "monthly" | "annual" } | null;
  seats: number;
  cancelAt: Date | null;
  trialStart: Date | null;
  trialEnd: Date | null;
}

/** Money that paid an invoice for a plan, in cents. */
export interface PlanPayment {
  gross: Cents;
  fee: Cents;
  /** Null where it went past the provider. */
  balanceTransactionId: string | null;
}

/** What a subscription is to become. */
export interface WantedSubscription {
  priceId: string;
  seats: number;
  cancelAtPeriodEnd: boolean;
}

/** Plans at the payment provider. Reads and changes throw the provider's own errors; the runner of operations knows them. */
export interface PlanBilling {
  /** The provider's id of a price, which is made when there is none yet. */
  priceId(price: PriceOf): Promise<string>;
  /** The provider's customer of a person, made once. */
  customer(person: { userId: string; email: string; name: string }): Promise<string>;
  /** A page on which the customer subscribes; an open page for something else is closed. */
  checkout(
    wanted: {
      subscriptionId: string;
      customerId: string;
      priceId: string;
      seats: number;
      trialDays: number;
      successUrl: string;
      cancelUrl: string;
    },
    key: string,
  ): Promise<{ url: string; expiresAt: Date }>;
  /** A page on which a customer looks after payment methods and invoices. */
  portal(customerId: string, returnUrl: string, key: string): Promise<{ url: string }>;
  fetch(id: string): Promise<FetchedSubscription>;
  change(id: string, wanted: WantedSubscription, key: string): Promise<FetchedSubscription>;
  /** What paid an invoice; null when it is no plan's, or not paid. */
  invoicePayments(invoiceId: string): Promise<{ subscriptionId: string; payments: PlanPayment[] } | null>;
}

/** One share on its way to its payee. Everything in it is fixed under its key (MONEY §10.2). */
export interface TransferRequest {
  key: string;
  amount: Cents;
  destination: string;
  transactionId: string;
  placementId: string;
  role: string;
}

/** A transfer as the provider shows it, with the transaction that its metadata names. */
export interface ShownTransfer extends Transfer {
  /** What it moved on our balance. */
  balanceTransactionId: string;
  transactionId: string | null;
  /** What of it came back. */
  reversed: Cents;
}

/** What came back from a send; `answer` is null when nothing did. */
export interface SentTransfer {
  answer: (NonNullable<StripeAnswer> & { transfer: ShownTransfer | null }) | null;
  requestId: string | null;
}

/** Moves money to payees. It is asked before the first send's key is given up, and never repeats anything by itself. */
export interface Transfers {
  send(request: TransferRequest): Promise<SentTransfer>;
  /** All transfers of a placement; null when that could not be told. */
  ofPlacement(placementId: string): Promise<readonly ShownTransfer[] | null>;
  /** One transfer; null when there is none or that could not be told. */
  retrieve(transferId: string): Promise<ShownTransfer | null>;
  /** Whether an account can receive at this moment; null when that could not be told. */
  canReceive(account: string): Promise<boolean | null>;
  /** What the platform can give at this moment; null when that could not be told. */
  available(): Promise<Cents | null>;
}

/** A payer's bank takes a payment back, as the provider tells of it. */
export interface SeenChargeback {
  id: string;
  chargeId: string;
  paymentIntentId: string | null;
  amount: Cents;
  /** The bank's word for why. */
  reason: string;
  /** Null while it is open. */
  decision: "won" | "lost" | null;
  /** What it moved on our balance so far, in order: amounts negative when withdrawn; the fee is beside. */
  movements: readonly { balanceTransactionId: string; amount: Cents; fee: Cents }[];
}

/** Payments that are taken back. Calls throw the provider's own errors. */
export interface Chargebacks {
  chargeback(id: string): Promise<SeenChargeback>;
}

/** The provider's own books of the platform's account. Calls throw the provider's own errors. */
export interface ProviderBooks {
  /** What the platform has there, available and pending. */
  balance(): Promise<Cents>;
  /** All movements of that balance since an instant. */
  movements(since: Date): Promise<BalanceMovement[]>;
  transfers(since: Date): Promise<KeptTransfer[]>;
  invoices(since: Date): Promise<(ComparedInvoice & { id: string })[]>;
}

/** What an account used beyond its plan. Fixed under its identifier. */
export interface UsageReport {
  identifier: string;
  /** The provider's id of who is billed. */
  customerId: string;
  units: number;
  /** The end of what it covers. */
  at: Date;
}

/** Bills usage at the payment provider. */
export interface UsageMeter {
  /** Tells of usage, once for each identifier: `accepted`, now or before; else the code of a refusal, or null where nobody knows. */
  report(report: UsageReport): Promise<string | null>;
}

/** One request as a credential's object sees it. `now` in epoch seconds. */
export interface CredentialQuestion {
  /** SHA-256 of the whole secret, in hex; null for a session, which was verified before. */
  secretHash: string | null;
  cost: 0 | 1;
  now: number;
  ip: string | null;
}

/** What a credential's object says. Instants in epoch seconds, minutes since the epoch. */
export type Authorization =
  /** It does not know the credential, or not this access token: read it and prime. */
  | { kind: "miss" }
  /** Never counted. */
  | { kind: "refused"; code: ErrorCode }
  /** Beyond the limit, where paid units are allowed and none is left: draw a block from the month's budget. */
  | { kind: "need_block"; record: CredentialRecord }
  | Verdict;

export interface Verdict {
  kind: "verdict";
  admit: boolean;
  overage: boolean;
  /** Denied because the month's budget is spent. */
  spent: boolean;
  record: CredentialRecord;
  limit: number;
  used: number;
  remaining: number;
  /** When the next unit frees. */
  resetAt: number;
  /** When the same request would pass; null when it did. */
  retryAt: number | null;
  /** The number of this verdict among the subject's. */
  seq: number;
  /** The minute it was counted in. */
  minute: number;
}

/** The one owner of a credential's limit, found by the subject's name. */
export interface CredentialOwner {
  authorize(question: CredentialQuestion): Promise<Authorization>;
  prime(record: CredentialRecord, now: number): Promise<void>;
  invalidate(version: number): Promise<void>;
  addAccessToken(token: AccessToken, version: number): Promise<void>;
  deny(secretHash: string, now: number): Promise<void>;
  grantOverage(month: string, units: number, now: number): Promise<void>;
}

/** Makes and reads the credentials of this deployment (PLATFORM §4). */
export interface CredentialTokens {
  env: TokenEnv;
  /** A new token; with `random`, one under the same id. */
  mint(type: TokenType, random?: string): Promise<Token>;
  /** A new secret under an id that there is already. */
  mintUnder(type: TokenType, publicId: string): Token;
  read(text: string): Promise<Token | TokenFault>;
  /** The id of another type over the same random digits. */
  idOf(type: TokenType, random: string): Promise<string>;
  isGenuineId(type: TokenType, id: string): Promise<boolean>;
}

/** Every subject's owner, by name: `key:<r>`, `grant:<r>`, `user:<sub>`. */
export type CredentialOwners = (subject: string) => CredentialOwner;

/** A request to somebody else's server. */
export interface Outgoing {
  kind: "webhook" | "siem";
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Sent byte for byte. */
  body: string;
}

/** Sends to destinations that the guard lets through: no redirect is followed, 15 s are given, 8 KiB are read. Failing is an outcome. */
export interface Sender {
  send(request: Outgoing): Promise<SendOutcome>;
}

/** A secret of an endpoint, `whsec_…`, and the id it has in the tables. */
export interface SigningSecret {
  keyId: string;
  secret: string;
}

/** A delivery that is ours to send now. */
export interface ClaimedDelivery {
  id: string;
  /** The instant of its event: with the id, its place in the tables. */
  eventAt: Date;
  eventId: string;
  eventType: string;
  /** The bytes of the event. */
  payload: string;
  /** Attempts made before this one, and the ordinal of this send. */
  attempts: number;
  sends: number;
  isReplay: boolean;
}

/** An endpoint as its deliveries need it. `secrets`: newest first. */
export interface ClaimedEndpoint {
  url: string;
  headers: Readonly<Record<string, string>>;
  secrets: readonly SigningSecret[];
  maxPerSecond: number | null;
}

/** One send as it is recorded: with the same values, however often. */
export interface SendRecord {
  webhookId: string;
  delivery: ClaimedDelivery;
  trigger: AttemptTrigger;
  startedAt: Date;
  outcome: SendOutcome;
  signedWith: readonly string[];
  requestId: string;
  next: NextStep;
}

/** The rows behind an endpoint's object, which alone claims and records deliveries (DESIGN §2.5). */
export interface Deliveries {
  /**
   * Makes these ours for 30 s. What is not returned is not ours to send and can be forgotten: it is final, with
   * somebody else, or was parked because its endpoint is no longer active.
   */
  claim(webhookId: string, deliveryIds: readonly string[]): Promise<{ endpoint: ClaimedEndpoint; deliveries: ClaimedDelivery[] } | null>;
  /** Makes a test of the endpoint and claims it at once; null when there is no such endpoint. */
  claimTest(webhookId: string, requestedBy: string): Promise<{ endpoint: ClaimedEndpoint; delivery: ClaimedDelivery } | null>;
  /** Keeps a send and what became of the delivery. A repeat, or a send that was overtaken, changes nothing. */
  record(record: SendRecord): Promise<void>;
  /** Marks deliveries that are due as waiting for the breaker. */
  park(webhookId: string, deliveryIds: readonly string[]): Promise<void>;
  /** Deliveries that are due in the tables, those of the object's list among them, the oldest first and behind a place. `end`: the last one's. */
  backlog(webhookId: string, behind: BacklogPlace | null, limit: number): Promise<{ jobs: DeliveryJob[]; end: BacklogPlace | null }>;
}

/** Where in an endpoint's backlog a delivery stands. `dueAt`: as the database writes it, to the microsecond. */
export interface BacklogPlace {
  dueAt: string;
  id: string;
}

/** One delivery for an object's list. */
export interface DeliveryJob {
  deliveryId: string;
  priority: DeliveryPriority;
  /** Somebody asked for it now: it does not wait for its time, and under an open breaker it is the probe. */
  manual?: boolean;
}

/** What an endpoint's object tells of itself. Instants in epoch milliseconds. */
export interface EndpointState {
  breaker: "closed" | "open" | "half_open";
  failingSince: number | null;
  pausedUntil: number | null;
  inFlight: number;
  queued: number;
  parked: number;
}

/** A test as whoever asked for it sees it. */
export type TestAnswer =
  | { kind: "sent"; deliveryId: string; eventId: string; startedAt: string; outcome: SendOutcome }
  /** Three a minute. */
  | { kind: "throttled"; retryAfterSeconds: number }
  | { kind: "unknown" };

/** The one owner of an endpoint's deliveries: at most four in flight, breaker, throttle (PLATFORM §13.7). */
export interface EndpointOwner {
  enqueue(jobs: readonly DeliveryJob[]): Promise<{ accepted: number; overflow: number }>;
  sendTest(requestedBy: string): Promise<TestAnswer>;
  /** Address, secrets, status or throttle have changed. */
  reload(version: number): Promise<void>;
  state(): Promise<EndpointState>;
}

/** Every endpoint's owner, by the id of the webhook. */
export type EndpointOwners = (webhookId: string) => EndpointOwner;

/** Brings deliveries to the owners of their endpoints. Rows decide: what is lost is found by the sweep. */
export interface DeliveryQueue {
  send(messages: readonly DeliveryMessage[]): Promise<void>;
}

export interface DeliveryMessage {
  delivery_id: string;
  webhook_id: string;
  priority: DeliveryPriority;
}

/** Tells a queue which rows to look at, after so many seconds. */
export interface LaterQueue {
  send(ids: readonly string[], delaySeconds?: number): Promise<void>;
}
/** So many tries may be made in any span of so many seconds. */
export interface TryLimit {
  most: number;
  withinSeconds: number;
}

/**
 * Counts one try of whoever is not signed in, by what is tried and from where or in whose name.
 *
 * @returns in how many seconds it may be made; 0 if it may be made now
 */
export type LoginTries = (what: string, whose: string, limits: readonly TryLimit[]) => Promise<number>;

/** What a subject's limiter counted in minutes that are over. */
export interface UsageMessage {
  credential_id: string;
  account_id: string | null;
  kind: "key" | "grant" | "user";
  minutes: readonly { minute: number; admitted: number; overage: number; denied: number }[];
}

export interface Ports {
  events: EventQueue;
  mail: MailQueue;
  /** Payout transactions that may be due. */
  payouts: WorkQueue;
  /** Operations towards Stripe that may be due. */
  stripeWork: WorkQueue;
  /** Stripe events that wait to be worked on. */
  stripeEvents: WorkQueue;
  /** Plans at the payment provider. */
  plans: PlanBilling;
  transfers: Transfers;
  chargebacks: Chargebacks;
  books: ProviderBooks;
  usageMeter: UsageMeter;
  /** Invoices to companies at the payment provider. */
  invoices: InvoiceBilling;
  /** Payees' accounts at the payment provider. */
  connect: ConnectAccounts;
  /** What the payment provider tells by itself. */
  providerEvents: ProviderEvents;
  /** What an error of a call to the payment provider says; undefined for any other error. */
  answerTo(error: unknown): CallAnswer | undefined;
  /** Loaded when somebody first signs in. */
  signIn(): Promise<SignInProvider>;
  files: Files;
  /** Forgets what shared caches hold under a tag (SURFACES §2.7). */
  forgetCached(tag: string): Promise<void>;
  /** One for each company and address of a client. */
  intake(companyId: string, address: string): IntakeGuard;
  /** Asks Turnstile whether a token was given to a person; `unknown` where it cannot be asked. */
  isPerson(asked: { secret: string; token: string; address: string }): Promise<"yes" | "no" | "unknown">;
  links: LinkTokens;
  /** An HMAC that nobody can compute outside, in base64url: what login codes are kept as. */
  peppered(text: string): Promise<string>;
  seal: Seal;
  destinations: Destinations;
  /** The owners of limits, one for each subject. */
  credentials: CredentialOwners;
  credentialTokens: CredentialTokens;
  sender: Sender;
  /** The owners of webhook endpoints' deliveries. */
  endpoints: EndpointOwners;
  deliveries: DeliveryQueue;
  /** Accounts whose replays go on. */
  replays: LaterQueue;
  /** Destinations that logs are pushed to. */
  siem: LaterQueue;
  loginTries: LoginTries;
  /** Takes back the try that was counted last: it turned out to be a good one. */
  forgiveTry(what: string, whose: string): Promise<void>;
  log: Log;
  /** Lets work go on after the answer was sent. */
  later(work: Promise<unknown>): void;
  randomBytes(count: number): Uint8Array;
}
