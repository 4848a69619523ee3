CREATE TABLE countries (id bigint PRIMARY KEY, code text CHECK (length(code) = 2), flag char, kind "char");
