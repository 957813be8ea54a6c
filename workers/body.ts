import type { Context } from "hono";

/**
 * The body of a request, of which no more is read than it may have: not every request tells its length,
 * and nobody fills the isolate's memory before they are known. Whoever asks again, as text or JSON,
 * gets the same bytes.
 *
 * @returns null for a body that is longer
 */
export async function bodyWithin(c: Context, mostBytes: number): Promise<ArrayBuffer | null> {
  const { headers, body } = c.req.raw;
  if (Number(headers.get("content-length") ?? 0) > mostBytes) return null;
  // hono's own memory of a body, typed as what it resolves to
  const cache = c.req.bodyCache as unknown as { arrayBuffer?: Promise<ArrayBuffer | null> };
  cache.arrayBuffer ??= gathered(body, mostBytes);
  return cache.arrayBuffer;
}

async function gathered(body: ReadableStream<Uint8Array> | null, mostBytes: number): Promise<ArrayBuffer | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length > mostBytes) return null; // leaving the loop cancels the rest
    chunks.push(chunk);
  }
  return new Blob(chunks).arrayBuffer();
}
