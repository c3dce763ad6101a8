-- A small template to begin with: people and the organisations they work for.
insert into control.templates (name, description, definition) values ('contacts', 'People and organisations', $template$
{
  "tables": [
    {
      "name": "organisations",
      "description": "Companies and other bodies",
      "columns": [
        {"name": "name", "type": {"base": "text"}, "required": true, "unique": true, "searchable": true},
        {"name": "website", "type": {"base": "text"}}
      ]
    },
    {
      "name": "contacts",
      "description": "People and how to reach them",
      "columns": [
        {"name": "name", "type": {"base": "text"}, "required": true, "searchable": true},
        {"name": "email", "type": {"base": "text"}, "unique": true, "tracked": true, "pattern": "^[^@ ]+@[^@ ]+$"},
        {"name": "phone", "type": {"base": "text"}},
        {"name": "organisation_id", "type": {"base": "uuid"}}
      ],
      "references": [
        {
          "name": "contacts_organisation_fkey",
          "columns": ["organisation_id"],
          "target": {"app": "default", "name": "organisations"},
          "targetColumns": ["id"],
          "relationship": {"type": "owned", "name": "contacts", "cascade": false, "required": false}
        }
      ]
    }
  ],
  "rows": {
    "organisations": [{"name": "Example Ltd", "website": "https://example.com"}],
    "contacts": [{"name": "Ada Example", "email": "ada@example.com"}]
  }
}
$template$);
