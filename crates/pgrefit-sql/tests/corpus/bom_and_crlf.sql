-- pgrefit:phase expand
CREATE TABLE t (a int);

