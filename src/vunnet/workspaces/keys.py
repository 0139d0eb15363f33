"""What imports call the members of before there was a column for it (Member.imported_as): for a migration, and for archives from then."""

# In the scope's workspace. The name they came in with, else the one before they first called themselves otherwise, else theirs now;
# where several go by one, whom an import made comes first, then the oldest active. Addresses are known as such.
FILL = """
UPDATE workspaces_member m SET imported_as = k.key FROM (
  SELECT id, key, row_number() OVER (PARTITION BY lower(key) ORDER BY is_imported DESC, is_active DESC, id) AS place FROM (
    SELECT m.id, m.is_active, coalesce(i.name, r.name, m.name) AS key, m.user_id IS NULL OR i.name IS NOT NULL AS is_imported
    FROM workspaces_member m
    LEFT JOIN LATERAL (SELECT e.changes->>'name' AS name FROM journal_entry e WHERE e.workspace_id = m.workspace_id
      AND e."table" = 'workspaces_member' AND e.row_id = m.id AND e.verb = 'member.imported' ORDER BY e.id LIMIT 1) i ON true
    LEFT JOIN LATERAL (SELECT e.changes->'name'->>0 AS name FROM journal_entry e WHERE e.workspace_id = m.workspace_id
      AND e."table" = 'workspaces_member' AND e.row_id = m.id AND e.verb = 'member.renamed' ORDER BY e.id LIMIT 1) r ON true
    WHERE m.workspace_id = current_setting('vunnet.workspace')::bigint
  ) f WHERE is_imported OR key NOT LIKE '%@%'
) k WHERE k.id = m.id AND k.place = 1 AND m.imported_as = ''
"""
