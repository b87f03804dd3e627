// GitHub's public GraphQL schema as a witness: checks queries, and answers them with what a double tells.
//
//   node graphql.mjs FOLDER        where graphql is installed, and GitHub's schema lies: github.graphql
//
// It says where it listens. A POST holds `{ query, variables }`; the answer is `{ violations }`, texts that say what does not
// fit the schema. With `data`, what the double tells, the query is executed over it, which checks the double as well: types,
// nulls, words of enums. The answer then also holds `response`, what GitHub would answer.
//
// `data` has the names of the schema's fields, and `__typename` where a type is abstract:
//
// - `{ repositories: { "owner/name": Repository }, nodes: { ID: Node } }`, out of which `repository(owner:, name:)`,
//   `node(id:)` and `nodes(ids:)` are found. What is not there is told as GitHub does.
// - Anything else stands under its field, e.g. a mutation's payload. An alias may have a value of its own, which goes before
//   the field's: a field with several arguments has several values.
// - A connection may be a list, oldest first. Its arguments choose from that: `environments`, `orderBy`, `first`, `after`.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const folder = resolve(process.argv[2]);
const {
  GraphQLInt,
  NoDeprecatedCustomRule,
  buildSchema,
  execute,
  getNamedType,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
} = createRequire(`${folder}/`)("graphql");
// GitHub's schema defines two fields twice, which is not valid.
const schema = buildSchema(readFileSync(`${folder}/github.graphql`, "utf8"), { assumeValidSDL: true });

// The most that GitHub lists at once.
const PAGE = 100;

// GitHub tells database ids that do not fit into 32 bits as an Int all the same:
// https://github.com/obmarg/cynic/issues/711
GraphQLInt.serialize = (value) => {
  if (!Number.isSafeInteger(value)) throw new TypeError(`Int cannot represent ${JSON.stringify(value)}`);
  return value;
};

const SCALARS = {
  Base64String: /^[A-Za-z0-9+/]*={0,2}$/,
  DateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  GitObjectID: /^[0-9a-f]{40}$/,
  GitTimestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/,
  URI: /^(https?:\/\/|$)/,
};
for (const [name, form] of Object.entries(SCALARS)) {
  const check = (value) => {
    if (typeof value !== "string" || !form.test(value)) {
      throw new TypeError(`${name} cannot represent ${JSON.stringify(value)}`);
    }
    return value;
  };
  const scalar = schema.getType(name);
  scalar.serialize = check;
  scalar.parseValue = check;
}

// What is not there is null, and told beside it; it is no violation.
const tellAbsent = (context, info, message) => {
  const path = [];
  for (let at = info.path; at; at = at.prev) path.unshift(at.key);
  context.absent.push({ type: "NOT_FOUND", path, message });
  return null;
};

const ROOT = {
  repository({ repositories }, { owner, name }, context, info) {
    const full = `${owner}/${name}`.toLowerCase();
    const found = Object.entries(repositories).find(([known]) => known.toLowerCase() === full);
    return found?.[1] ?? tellAbsent(context, info, `Could not resolve to a Repository with the name '${owner}/${name}'.`);
  },
  node({ nodes }, { id }, context, info) {
    return nodes[id] ?? tellAbsent(context, info, `Could not resolve to a node with the global id of '${id}'.`);
  },
  nodes({ nodes }, { ids }, context, info) {
    if (ids.length > PAGE) throw new RangeError(`nodes(ids:) of ${ids.length}, and ${PAGE} is the most`);
    return ids.map(
      (id) => nodes[id] ?? tellAbsent(context, info, `Could not resolve to a node with the global id of '${id}'.`),
    );
  },
};

const connection = (all, { environments, orderBy, first, last, after, before, ...rest }, info) => {
  const unknown = Object.keys(rest);
  if (unknown.length > 0 || last != null || before != null) {
    throw new TypeError(`the double does not know how ${info.fieldName} is chosen by ${unknown} last before`);
  }
  if (first == null || first < 1 || first > PAGE) {
    throw new RangeError(`${info.fieldName}(first: ${first}): GitHub demands 1 to ${PAGE}`);
  }
  if (orderBy && orderBy.field !== "CREATED_AT") throw new TypeError(`the double has no order by ${orderBy.field}`);
  const asked = environments ? all.filter(({ environment }) => environments.includes(environment)) : all;
  const ordered = orderBy?.direction === "DESC" ? asked.toReversed() : asked;
  const cursor = (place) => Buffer.from(`cursor:${place}`).toString("base64");
  const places = ordered.map((_, place) => place);
  const from = after == null ? 0 : places.findIndex((place) => cursor(place) === after) + 1;
  if (after != null && from === 0) throw new RangeError(`\`${after}\` does not appear to be a valid cursor.`);
  const chosen = places.slice(from, from + first);
  return {
    totalCount: asked.length,
    nodes: chosen.map((place) => ordered[place]),
    edges: chosen.map((place) => ({ cursor: cursor(place), node: ordered[place] })),
    pageInfo: {
      hasNextPage: from + first < ordered.length,
      hasPreviousPage: from > 0,
      startCursor: chosen.length > 0 ? cursor(chosen[0]) : null,
      endCursor: chosen.length > 0 ? cursor(chosen.at(-1)) : null,
    },
  };
};

const fieldResolver = (source, args, context, info) => {
  const { fieldName, path, parentType, returnType } = info;
  const find = parentType === schema.getQueryType() && "repositories" in source && ROOT[fieldName];
  if (find) return find(source, args, context, info);
  if (path.key in source) return choose(source[path.key], args, info);
  if (!(fieldName in source)) throw new TypeError(`the double tells no ${parentType}.${fieldName}, ${returnType}`);
  return choose(source[fieldName], args, info);
};

const choose = (value, args, info) => {
  const isList = Array.isArray(value) && getNamedType(info.returnType).name.endsWith("Connection");
  return isList ? connection(value, args, info) : value;
};

const check = async ({ query, variables, data }) => {
  let document;
  try {
    document = parse(query);
  } catch (error) {
    return { violations: [error.message] };
  }
  const violations = validate(schema, document, [...specifiedRules, NoDeprecatedCustomRule]).map(String);
  const declared = getOperationAST(document)?.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
  for (const name of Object.keys(variables ?? {})) {
    if (!declared.includes(name)) violations.push(`the variable $${name} is given and not declared`);
  }
  if (violations.length > 0 || data === undefined) return { violations };
  const context = { absent: [] };
  const result = await execute({
    schema,
    document,
    rootValue: data,
    contextValue: context,
    variableValues: variables,
    fieldResolver,
  });
  violations.push(...(result.errors ?? []).map(String));
  const response = { data: result.data ?? null, ...(context.absent.length > 0 && { errors: context.absent }) };
  return { violations, response };
};

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = await check(JSON.parse(Buffer.concat(chunks).toString()));
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(answer));
});
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
