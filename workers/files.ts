import type { Files } from "#services/ports.ts";

/** The bucket as the port that verbs know. */
export const filesIn = (bucket: R2Bucket): Files => ({
  put: async (key, bytes, contentType) => void (await bucket.put(key, bytes, { httpMetadata: { contentType } })),
  get: async (key) => {
    const found = await bucket.get(key);
    return found && { body: found.body, contentType: found.httpMetadata?.contentType ?? "application/octet-stream", size: found.size };
  },
  remove: (key) => bucket.delete(key),
});

/** A logo under the hash of its content: it never changes, and any page may show it (SURFACES §2.3). */
export async function sendLogo(files: Files, hash: string): Promise<Response> {
  const logo = await files.get(`logo/${hash}`);
  if (!logo) return new Response("There is no such logo.\n", { status: 404, headers: { "Cache-Control": "no-store" } });
  return new Response(logo.body, {
    headers: {
      "Content-Type": logo.contentType,
      "Content-Length": String(logo.size),
      "Cache-Control": "public, max-age=31536000, immutable",
      "X-Content-Type-Options": "nosniff",
      "Cross-Origin-Resource-Policy": "cross-origin",
      "Content-Security-Policy": "default-src 'none'",
    },
  });
}
