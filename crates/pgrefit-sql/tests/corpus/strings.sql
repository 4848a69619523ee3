SELECT 'it''s', E'a\\b\x41\u00e9', U&'d\0061t\+000061' UESCAPE '\', B'101', X'1F', N'x', $$a'b$$, $tag$ $$ $tag$, 'a'
'b', "quoted ""name""", U&"d\0061", 1_000.5e-3, 0xFF, .5, 1., $1, 'é😀', '
-- no comment
';
/* a /* nested */ comment; */ SELECT 1 -- a;b
;
