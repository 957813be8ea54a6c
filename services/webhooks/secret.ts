/** The owner under which what belongs to an endpoint is sealed: its secrets, and its own headers. */
export const webhookSealOwner = (webhookId: string): string => `webhook:${webhookId}`;
