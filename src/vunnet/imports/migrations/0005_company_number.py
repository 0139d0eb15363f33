"""What imports wrote down of companies says their number too, so that each can still be taken back."""

from django.db import migrations

NUMBER = """{column} = CASE WHEN jsonb_typeof({column}) = 'object' THEN jsonb_build_object('company_number', '') || {column} ELSE {column} END"""
# Row-level security binds the owner too: one workspace after the other.
ADD = f"""
DO $$ DECLARE room bigint; BEGIN
  FOR room IN SELECT generate_series(1, (SELECT last_value FROM workspaces_workspace_id_seq)) LOOP
    PERFORM set_config('vunnet.workspace', room::text, true);
    UPDATE imports_importrow SET {NUMBER.format(column="after")}, {NUMBER.format(column="before")} WHERE "table" = 'companies' AND after IS NOT NULL;
  END LOOP;
  PERFORM set_config('vunnet.workspace', '', true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("imports", "0004_said"), ("contacts", "0004_company_number")]

    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
