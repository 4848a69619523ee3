SELECT m.roleid AS role, m.member, bool_or(m.admin_option) AS admin,
       bool_or([[pg_auth_members.set_option ? m.set_option : true]]) AS set,
       bool_or([[pg_auth_members.inherit_option ? m.inherit_option : r.rolinherit]]) AS inherit
FROM pg_auth_members m
JOIN pg_roles r ON r.oid = m.member
GROUP BY m.roleid, m.member
ORDER BY 1, 2
