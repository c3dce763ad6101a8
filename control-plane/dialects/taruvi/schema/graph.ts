import { isObject, type Json, type JsonObject } from '../../../base/json.ts';
import type { Report } from '../../../frictionless/report.ts';
import type { EdgeType, Graph } from '../../../model/graph.ts';

/** The type of a graph that names none. */
const usual: EdgeType = { name: 'parent', inverse: 'children' };

/**
 * The graph that `hierarchy` and `graph` ask for: `hierarchy` alone is one of parents and children without loops, beside `graph` it forbids
 * loops. What the table itself must bring (a key of one field, the foreign key of `self_reference`) is judged with the table.
 */
export function graphOf(said: JsonObject, report: Report): Graph | undefined {
  const { hierarchy = false, graph } = said;
  if (typeof hierarchy !== 'boolean') {
    report.add('type', 'hierarchy must be true or false', 'hierarchy');
  }
  if (graph === undefined) {
    return hierarchy === true ? { types: [usual], hierarchy: true } : undefined;
  }
  const at = report.at('graph');
  if (!isObject(graph)) {
    at.add('type', 'graph must be an object');
    return undefined;
  }
  const { enabled = true, self_reference: selfReference } = graph;
  if (typeof enabled !== 'boolean') at.add('type', 'enabled must be true or false', 'enabled');
  if (enabled === false && hierarchy !== true) return undefined;
  if (selfReference !== undefined && typeof selfReference !== 'string') {
    at.add('type', 'self_reference must name a field', 'self_reference');
  }
  return {
    types: typesOf(graph, at),
    hierarchy: hierarchy === true,
    ...(typeof selfReference === 'string' ? { selfReference } : {}),
  };
}

/** `types`, or else `edge_types`: names alone. */
function typesOf(graph: JsonObject, report: Report): readonly EdgeType[] {
  const place = graph['types'] === undefined ? 'edge_types' : 'types';
  const listed = graph[place];
  if (listed === undefined) return [usual];
  if (!Array.isArray(listed) || listed.length === 0) {
    report.add('type', `${place} must be a list that is not empty`, place);
    return [usual];
  }
  return (listed as readonly Json[]).flatMap((each, at) => typeOf(each, report.at(place, at)));
}

function typeOf(said: Json, report: Report): readonly EdgeType[] {
  const type = typeof said === 'string' ? { name: said } : said;
  if (!isObject(type) || typeof type['name'] !== 'string') {
    report.add('required', 'an edge type needs a name', 'name');
    return [];
  }
  // Whoever names one direction only gets a name for the way back.
  const { name, inverse = `inverse_${name}`, constraints, metadata } = type;
  if (typeof inverse !== 'string') report.add('type', 'inverse must be text', 'inverse');
  if (metadata !== undefined && !isObject(metadata)) {
    report.add('type', 'metadata must be an object', 'metadata');
  }
  return [
    {
      name,
      inverse: String(inverse),
      ...limitsOf(constraints, report.at('constraints')),
      ...(metadata !== undefined && isObject(metadata) ? { metadata } : {}),
    },
  ];
}

const limits = { max_outgoing: 'maxOutgoing', max_incoming: 'maxIncoming' } as const;

function limitsOf(
  said: Json | undefined,
  report: Report,
): Pick<EdgeType, 'maxOutgoing' | 'maxIncoming'> {
  if (said === undefined) return {};
  if (!isObject(said)) {
    report.add('type', 'constraints must be an object');
    return {};
  }
  const found: { maxOutgoing?: number; maxIncoming?: number } = {};
  for (const [key, value] of Object.entries(said)) {
    const limit = Object.hasOwn(limits, key) ? limits[key as keyof typeof limits] : undefined;
    if (limit === undefined) report.add('not_supported', `constraint ${key}`, key);
    else if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
      report.add('invalid', `${key} must be a whole number from 1`, key);
    } else found[limit] = value;
  }
  return found;
}
