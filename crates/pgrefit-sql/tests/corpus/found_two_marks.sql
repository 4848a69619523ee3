﻿-- pgrefit:phase expand
SELECT 'a
b';