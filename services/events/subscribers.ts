import { notificationSubscriber } from "../notifications/notify.ts";
import { clerkSubscriber } from "../users/clerk-subscriber.ts";
import type { Subscriber } from "./handle-events.ts";

/** Everybody who does something about events. */
export const SUBSCRIBERS: readonly Subscriber[] = [notificationSubscriber, clerkSubscriber];
