import type * as v from "valibot";

/** What a valibot schema is made of, as far as our schemas use it. */
interface Parts {
  type: string;
  entries?: Record<string, Parts>;
  wrapped?: Parts;
  item?: Parts;
  value?: Parts;
  literal?: unknown;
  options?: readonly unknown[];
  pipe?: readonly Step[];
}

interface Step {
  kind: string;
  type: string;
  requirement?: unknown;
}

/** The JSON Schema of one of our schemas. Throws on a kind that it does not know: the document never lies. */
export function jsonSchemaOf(schema: v.GenericSchema): object {
  return convert(schema);
}

function convert(parts: Parts): Record<string, unknown> {
  return Object.assign(base(parts), ...(parts.pipe ?? []).map(refinement));
}

function base(parts: Parts): Record<string, unknown> {
  switch (parts.type) {
    case "string":
    case "number":
    case "boolean":
      return { type: parts.type };
    case "literal":
      return { const: parts.literal };
    case "picklist":
      return { enum: parts.options };
    case "optional":
    case "exact_optional":
      return convert(inner(parts.wrapped, parts));
    case "nullable":
      return { anyOf: [convert(inner(parts.wrapped, parts)), { type: "null" }] };
    case "array":
      return { type: "array", items: convert(inner(parts.item, parts)) };
    case "record":
      return { type: "object", additionalProperties: convert(inner(parts.value, parts)) };
    case "object":
    case "strict_object":
      return objectSchema(parts);
    default:
      throw new Error(`no JSON Schema for the schema type ${parts.type}`);
  }
}

function objectSchema(parts: Parts): Record<string, unknown> {
  const entries = Object.entries(parts.entries ?? {});
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, entry]) => [name, convert(entry)])),
    required: entries.filter(([, entry]) => !entry.type.endsWith("optional")).map(([name]) => name),
    ...(parts.type === "strict_object" ? { additionalProperties: false } : {}),
  };
}

function inner(found: Parts | undefined, parts: Parts): Parts {
  if (found === undefined) throw new Error(`the schema type ${parts.type} has no inner schema`);
  return found;
}

function refinement(step: Step): Record<string, unknown> {
  if (step.kind === "schema") return {};
  switch (step.type) {
    case "integer":
      return { type: "integer" };
    case "min_value":
      return { minimum: step.requirement };
    case "max_value":
      return { maximum: step.requirement };
    case "iso_timestamp":
      return { format: "date-time" };
    case "max_length":
      return { maxLength: step.requirement };
    case "regex":
      return step.requirement instanceof RegExp ? { pattern: step.requirement.source } : {};
    default:
      return {};
  }
}
