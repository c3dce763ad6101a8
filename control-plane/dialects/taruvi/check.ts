import { isObject, isStrings, type Json, type JsonObject } from '../../base/json.ts';
import { isStorableText } from '../../base/storable.ts';
import { tableResource } from '../../model/policy.ts';
import type { Decide } from '../../statement/statement.ts';
import type { Action, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { refuse } from './errors.ts';
import { objectOf } from './request.ts';
import { appOf } from './served.ts';

/** Questions of one request at most. */
const most = 50;

/** `POST check/resources/`: what the policies say, by the conditions that rows meet. */
function checkResources(request: DialectRequest, context: RouteContext): Action {
  const app = appOf(request, context);
  const body = objectOf(request.body);
  const asked = body['resources'];
  if (!Array.isArray(asked) || asked.length === 0 || asked.length > most) {
    return refuse(`resources must be a list of 1 to ${most}`, 'resources');
  }
  const questions = asked.map((each, at) => questionOf(each as Json, `resources.${at}`));
  const subject = subjectOf(body['principal']);
  const statement: Decide = {
    kind: 'decide',
    app: app.slug,
    questions: questions.map(({ question }) => question),
    ...(subject ? { subject } : {}),
  };
  const requestId = typeof body['requestId'] === 'string' ? body['requestId'] : request.id;
  return {
    kind: 'statements',
    statements: [statement],
    reply: ([result]) => {
      const verdicts = JSON.parse(result?.rows ?? '[]') as readonly (readonly boolean[])[];
      const results = questions.map(({ resource, question: { actions } }, at) => ({
        resource,
        actions: Object.fromEntries(
          actions.map((action, n) => [action, verdicts[at]?.[n] ? 'EFFECT_ALLOW' : 'EFFECT_DENY']),
        ),
      }));
      return { status: 200, body: { json: { requestId, results } } };
    },
  };
}

interface Asked {
  /** As it was sent, without its attributes. */
  readonly resource: JsonObject;
  readonly question: Decide['questions'][number];
}

function questionOf(value: Json, at: string): Asked {
  const sent = isObject(value) ? value : refuse(`${at} must be an object`, at);
  const { resource, actions } = sent;
  if (!isObject(resource)) return refuse(`${at}.resource must be an object`, `${at}.resource`);
  if (!isStrings(actions) || actions.length === 0 || actions.length > most) {
    return refuse(`${at}.actions must be a list of names`, `${at}.actions`);
  }
  const { kind, id, attr, ...rest } = resource;
  const [named, key] = [textOf(kind, `${at}.resource.kind`), textOf(id, `${at}.resource.id`)];
  if (attr !== undefined && !isObject(attr)) {
    return refuse(`${at}.resource.attr must be an object`, `${at}.resource.attr`);
  }
  // A plain `datatable` has the table's name for its id: the question is about the table, not about a row.
  const whole = named === 'datatable';
  return {
    resource: { ...rest, kind: named, id: key },
    question: {
      resource: whole ? tableResource(key) : named,
      id: whole ? '' : key,
      actions: [...new Set(actions)],
      ...(attr !== undefined || whole ? { attributes: attr ?? {} } : {}),
    },
  };
}

function textOf(value: Json | undefined, at: string): string {
  const fits = typeof value === 'string' && isStorableText(value);
  return fits ? value : refuse(`${at} must be a text`, at);
}

/** Somebody else than who asks. */
function subjectOf(value: Json | undefined): Decide['subject'] {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) return refuse('principal must be an object', 'principal');
  const { roles = [], attr = {} } = value;
  if (!isStrings(roles))
    return refuse('principal.roles must be a list of names', 'principal.roles');
  if (!isObject(attr)) return refuse('principal.attr must be an object', 'principal.attr');
  return { id: textOf(value['id'], 'principal.id'), roles, attributes: attr };
}

export const checkRoutes: readonly Route[] = [
  { method: 'POST', path: '/api/apps/:app/check/resources', handle: checkResources },
];
