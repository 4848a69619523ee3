SELECT m.roleid AS role, m.member, bool_or(m.admin_option) AS admin
FROM pg_auth_members m
GROUP BY m.roleid, m.member
ORDER BY 1, 2
