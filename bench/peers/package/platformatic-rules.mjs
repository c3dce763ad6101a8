const holds = ({ user, where }) => ({ ...where, readers: { any: user.sub } });

/** Who may do what, as Platformatic DB has it: conditions that are added to the query. Its configuration knows no lists, a plugin does. */
// biome-ignore lint/style/noDefaultExport: how a plugin is found.
export default async function rules(app) {
  const rule = { role: 'peers_caller', find: holds, save: holds, delete: false };
  app.platformatic.addRulesForRoles([
    { ...rule, entity: 'peersItem' },
    { ...rule, entity: 'peersOrder' },
  ]);
}
