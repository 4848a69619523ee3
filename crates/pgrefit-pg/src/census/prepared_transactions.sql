SELECT p.gid, {age_s p.prepared} AS age_s, coalesce(p.owner, '') AS owner,
       coalesce(p.database, '') AS database, age(p.transaction)::int8 AS xid_age
FROM pg_prepared_xacts p
ORDER BY 2 DESC
