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
  | { sent: true; id: string }
  /** `final`: the provider will never take this mail; otherwise a later try may work. */
  | { sent: false; final: boolean; reason: string };

/** One line of the log: no personal data, no secrets. */
export type Log = (level: "info" | "warn" | "error", message: string, facts?: Record<string, unknown>) => void;

/** Makes the token of a mailed link from its row and instant of issue (DESIGN R-6). */
export interface LinkTokens {
  token(rowId: string, issuedAt: Date): Promise<string>;
  hash(token: string): Promise<string>;
}

export interface Ports {
  events: EventQueue;
  mail: MailQueue;
  links: LinkTokens;
  log: Log;
  /** Lets work go on after the answer was sent. */
  later(work: Promise<unknown>): void;
  randomBytes(count: number): Uint8Array;
}
