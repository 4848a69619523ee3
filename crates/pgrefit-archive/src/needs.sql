-- What DROP TABLE would stop at: views, functions and others that need the table or its row type.
SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS needed_by
FROM (
    SELECT coalesce(r.ev_class, d.objid) AS objid,
           CASE WHEN r.oid IS NULL THEN d.classid ELSE 'pg_catalog.pg_class'::pg_catalog.regclass END AS classid,
           CASE WHEN r.oid IS NULL THEN d.objsubid ELSE 0 END AS objsubid
    FROM pg_catalog.pg_depend AS d
    LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
    WHERE d.deptype = 'n'
      AND ((d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = $1)
        OR (d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
            AND d.refobjid IN (SELECT t.oid FROM pg_catalog.pg_type AS t
                               WHERE t.typrelid = $1
                                  OR t.oid = (SELECT a.typarray FROM pg_catalog.pg_type AS a WHERE a.typrelid = $1))))
      -- Foreign keys are told by name elsewhere; a policy of the table goes with it.
      AND d.classid <> 'pg_catalog.pg_constraint'::pg_catalog.regclass
      AND coalesce(r.ev_class, 0) <> $1
) AS d
WHERE NOT (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = $1)
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_policy AS o WHERE d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND o.oid = d.objid AND o.polrelid = $1)
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_trigger AS o WHERE d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND o.oid = d.objid AND o.tgrelid = $1)
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_attrdef AS o WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND o.oid = d.objid AND o.adrelid = $1)
ORDER BY 1
