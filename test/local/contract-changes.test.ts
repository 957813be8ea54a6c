import { describe, expect, it } from "vitest";
import { breakingChanges, type ContractDocument } from "#local/contract-changes.ts";

const contract = (): ContractDocument => ({
  paths: {
    "/roles": {
      get: {
        parameters: [{ name: "status", in: "query", schema: { type: "string", enum: ["active", "closed"] } }],
        responses: { 200: { content: { "application/json": { schema: { $ref: "#/components/schemas/Role" } } } } },
      },
      post: {
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: { type: "object", required: ["title"], properties: { title: { type: "string" }, note: { type: "string" } } },
            },
          },
        },
        responses: { 201: { content: { "application/json": { schema: { $ref: "#/components/schemas/Role" } } } } },
      },
    },
  },
  components: {
    schemas: {
      Role: {
        type: "object",
        required: ["id"],
        properties: { id: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
      },
    },
  },
});

/** The contract after a change. */
function changed(change: (document: any) => void): ContractDocument {
  const document = contract();
  change(document);
  return document;
}

describe("a change of the contract", () => {
  it.each<[string, (document: any) => void, string[]]>([
    ["a removed path", (d) => delete d.paths["/roles"], ["/roles is gone"]],
    ["a removed operation", (d) => delete d.paths["/roles"].post, ["POST /roles is gone"]],
    ["a removed parameter", (d) => d.paths["/roles"].get.parameters.pop(), ["GET /roles: the parameter query status is gone"]],
    ["a narrowed enum", (d) => d.paths["/roles"].get.parameters[0].schema.enum.pop(), ["GET /roles query status: no longer takes closed"]],
    [
      "a parameter that is new and required",
      (d) => d.paths["/roles"].get.parameters.push({ name: "company", in: "query", required: true }),
      ["GET /roles: the parameter query company is new and required"],
    ],
    [
      "a field that is required now",
      (d) => d.paths["/roles"].post.requestBody.content["application/json"].schema.required.push("note"),
      ["POST /roles body/note is required now"],
    ],
    [
      "a field that is no longer taken",
      (d) => delete d.paths["/roles"].post.requestBody.content["application/json"].schema.properties.note,
      ["POST /roles body/note is gone"],
    ],
    [
      "a field that is no longer told",
      (d) => delete d.components.schemas.Role.properties.tags,
      ["GET /roles 200/tags is gone", "POST /roles 201/tags is gone"],
    ],
    [
      "a field that changed its type, deep inside",
      (d) => (d.components.schemas.Role.properties.tags.items.type = "integer"),
      ["GET /roles 200/tags[]: its type changed", "POST /roles 201/tags[]: its type changed"],
    ],
    [
      "an answer that may lack a field",
      (d) => (d.components.schemas.Role.required = []),
      ["GET /roles 200/id may be missing now", "POST /roles 201/id may be missing now"],
    ],
  ])("%s is found", (_, change, found) => {
    expect(breakingChanges(contract(), changed(change))).toEqual(found);
  });

  it.each<[string, (document: any) => void]>([
    ["a new path", (d) => (d.paths["/teams"] = { get: {} })],
    ["a new field in an answer", (d) => (d.components.schemas.Role.properties.city = { type: "string" })],
    [
      "a new optional field",
      (d) => (d.paths["/roles"].post.requestBody.content["application/json"].schema.properties.city = { type: "string" }),
    ],
    ["an enum that takes more", (d) => d.paths["/roles"].get.parameters[0].schema.enum.push("paused")],
    ["a new optional parameter", (d) => d.paths["/roles"].get.parameters.push({ name: "company", in: "query" })],
  ])("%s breaks nobody", (_, change) => {
    expect(breakingChanges(contract(), changed(change))).toEqual([]);
  });
});
