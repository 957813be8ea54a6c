import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { newWebhookSecret, signatureOf } from "#domain/webhooks/sign.ts";

describe("a signature", () => {
  it("is that of the published vector (PLATFORM §20.2)", async () => {
    const signature = await signatureOf(
      ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      1_614_265_330,
      '{"test": 2432232314}',
    );
    expect(signature).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  it("is verified by whoever holds any of the secrets, newest first, whatever the bytes", async () => {
    const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(newWebhookSecret);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(secret, { minLength: 1, maxLength: 3 }), fc.json(), async (secrets, body) => {
        const timestamp = Math.floor(Date.now() / 1_000);
        const signature = await signatureOf(secrets, "evt_1", timestamp, body);
        const headers = { "webhook-id": "evt_1", "webhook-timestamp": String(timestamp), "webhook-signature": signature };
        for (const each of secrets) expect(new Webhook(each).verify(body, headers)).toEqual(JSON.parse(body));
        const alone = await signatureOf(secrets.slice(0, 1), "evt_1", timestamp, body);
        expect(signature.split(" ")[0]).toBe(alone);
        expect(() => new Webhook(newWebhookSecret(new Uint8Array(32).fill(7))).verify(body, headers)).toThrow();
      }),
      { numRuns: 50 },
    );
  });

  it("is not made with a secret that the standard does not allow", async () => {
    for (const bytes of [23, 65]) await expect(signatureOf([btoa("x".repeat(bytes))], "evt_1", 1, "{}")).rejects.toThrow("24 to 64 bytes");
    expect(() => newWebhookSecret(new Uint8Array(31))).toThrow("32 random bytes");
  });
});
