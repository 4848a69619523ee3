SELECT h.line_number AS line, [[pg_hba_file_rules.file_name ? h.file_name : NULL::text]] AS file, h.type AS kind,
       coalesce(h.database, '{}') AS databases, coalesce(h.user_name, '{}') AS users, h.address, h.netmask, h.auth_method AS method,
       ARRAY(SELECT CASE WHEN o.option LIKE 'clientcert=%' THEN o.option ELSE split_part(o.option, '=', 1) END
             FROM unnest(h.options) AS o (option)) AS options, h.error
FROM pg_hba_file_rules h
