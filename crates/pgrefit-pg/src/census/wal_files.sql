SELECT count(*) AS files, coalesce(sum(w.size), 0)::int8 AS bytes,
       (SELECT count(*) FROM pg_ls_archive_statusdir() a WHERE a.name LIKE '%.ready') AS waiting
FROM pg_ls_waldir() w
WHERE w.name ~ '^[0-9A-F]{24}$'
