--
-- PostgreSQL database dump
--


-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: ext; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA ext;


ALTER SCHEMA ext OWNER TO postgres;

--
-- Name: mart; Type: SCHEMA; Schema: -; Owner: t_upgrade_ana
--

CREATE SCHEMA mart;


ALTER SCHEMA mart OWNER TO t_upgrade_ana;

--
-- Name: mart__dev; Type: SCHEMA; Schema: -; Owner: t_upgrade_ana
--

CREATE SCHEMA mart__dev;


ALTER SCHEMA mart__dev OWNER TO t_upgrade_ana;

--
-- Name: mart__qa; Type: SCHEMA; Schema: -; Owner: t_upgrade_ana
--

CREATE SCHEMA mart__qa;


ALTER SCHEMA mart__qa OWNER TO t_upgrade_ana;

--
-- Name: raw; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA raw;


ALTER SCHEMA raw OWNER TO postgres;

--
-- Name: shop; Type: SCHEMA; Schema: -; Owner: t_upgrade_ana
--

CREATE SCHEMA shop;


ALTER SCHEMA shop OWNER TO t_upgrade_ana;

--
-- Name: shop__dev; Type: SCHEMA; Schema: -; Owner: t_upgrade_ana
--

CREATE SCHEMA shop__dev;


ALTER SCHEMA shop__dev OWNER TO t_upgrade_ana;

--
-- Name: shop__qa; Type: SCHEMA; Schema: -; Owner: t_upgrade_ana
--

CREATE SCHEMA shop__qa;


ALTER SCHEMA shop__qa OWNER TO t_upgrade_ana;

--
-- Name: vde; Type: EXTENSION; Schema: -; Owner: -
--



--
-- Name: EXTENSION vde; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION vde IS 'Virtual Data Environments: branches, plans and atomic deployments for the tables and views of a warehouse';


--
-- Name: mood; Type: TYPE; Schema: raw; Owner: postgres
--

CREATE TYPE raw.mood AS ENUM (
    'sad',
    'glad'
);


ALTER TYPE raw.mood OWNER TO postgres;

--
-- Name: twice(integer); Type: FUNCTION; Schema: raw; Owner: postgres
--

CREATE FUNCTION raw.twice(i integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$SELECT i * 2$$;


ALTER FUNCTION raw.twice(i integer) OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: shop__base__14ea8fd26855c561; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data.shop__base__14ea8fd26855c561 (
    id integer NOT NULL,
    amount integer,
    mood raw.mood,
    at timestamp with time zone
);


ALTER TABLE vde_data.shop__base__14ea8fd26855c561 OWNER TO vde_storage;

--
-- Name: shop__shown__54f2126d10b6291c; Type: VIEW; Schema: vde_data; Owner: t_upgrade_ana
--

CREATE VIEW vde_data.shop__shown__54f2126d10b6291c AS
 SELECT shop__base__14ea8fd26855c561.id,
    shop__base__14ea8fd26855c561.amount,
    shop__base__14ea8fd26855c561.mood,
    shop__base__14ea8fd26855c561.at,
    (shop__base__14ea8fd26855c561.at)::date AS day
   FROM ONLY vde_data.shop__base__14ea8fd26855c561
  WHERE (shop__base__14ea8fd26855c561.amount > 3);


ALTER TABLE vde_data.shop__shown__54f2126d10b6291c OWNER TO t_upgrade_ana;

--
-- Name: mart__totals__d5494487456950e5; Type: MATERIALIZED VIEW; Schema: vde_data; Owner: t_upgrade_ana
--

CREATE MATERIALIZED VIEW vde_data.mart__totals__d5494487456950e5 AS
 SELECT shop__shown__54f2126d10b6291c.day,
    sum(shop__shown__54f2126d10b6291c.amount) AS total
   FROM ONLY vde_data.shop__shown__54f2126d10b6291c
  GROUP BY shop__shown__54f2126d10b6291c.day
  WITH NO DATA;


ALTER TABLE vde_data.mart__totals__d5494487456950e5 OWNER TO t_upgrade_ana;

--
-- Name: mart__chain__b77544d0588e5b8f; Type: VIEW; Schema: vde_data; Owner: t_upgrade_ana
--

CREATE VIEW vde_data.mart__chain__b77544d0588e5b8f AS
 SELECT mart__totals__d5494487456950e5.total
   FROM ONLY vde_data.mart__totals__d5494487456950e5
UNION ALL
 SELECT 0 AS total;


ALTER TABLE vde_data.mart__chain__b77544d0588e5b8f OWNER TO t_upgrade_ana;

--
-- Name: chain; Type: VIEW; Schema: mart; Owner: t_upgrade_ana
--

CREATE VIEW mart.chain AS
 SELECT mart__chain__b77544d0588e5b8f.total
   FROM vde_data.mart__chain__b77544d0588e5b8f;


ALTER TABLE mart.chain OWNER TO t_upgrade_ana;

--
-- Name: VIEW chain; Type: COMMENT; Schema: mart; Owner: t_upgrade_ana
--

COMMENT ON VIEW mart.chain IS 'mine';


--
-- Name: totals; Type: VIEW; Schema: mart; Owner: t_upgrade_ana
--

CREATE VIEW mart.totals AS
 SELECT mart__totals__d5494487456950e5.day,
    mart__totals__d5494487456950e5.total
   FROM vde_data.mart__totals__d5494487456950e5;


ALTER TABLE mart.totals OWNER TO t_upgrade_ana;

--
-- Name: shop__base__d99129f6d3a4df94; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data.shop__base__d99129f6d3a4df94 (
    id integer NOT NULL,
    amount integer,
    mood raw.mood,
    at timestamp with time zone,
    more integer
);


ALTER TABLE vde_data.shop__base__d99129f6d3a4df94 OWNER TO vde_storage;

--
-- Name: shop__shown__116e7a5cfd83e745; Type: VIEW; Schema: vde_data; Owner: t_upgrade_ana
--

CREATE VIEW vde_data.shop__shown__116e7a5cfd83e745 AS
 SELECT shop__base__d99129f6d3a4df94.id,
    shop__base__d99129f6d3a4df94.amount,
    shop__base__d99129f6d3a4df94.mood,
    shop__base__d99129f6d3a4df94.at,
    shop__base__d99129f6d3a4df94.more,
    (shop__base__d99129f6d3a4df94.at)::date AS day
   FROM ONLY vde_data.shop__base__d99129f6d3a4df94
  WHERE (shop__base__d99129f6d3a4df94.amount > 3);


ALTER TABLE vde_data.shop__shown__116e7a5cfd83e745 OWNER TO t_upgrade_ana;

--
-- Name: mart__totals__aaf54d57c453b974; Type: MATERIALIZED VIEW; Schema: vde_data; Owner: t_upgrade_ana
--

CREATE MATERIALIZED VIEW vde_data.mart__totals__aaf54d57c453b974 AS
 SELECT shop__shown__116e7a5cfd83e745.day,
    sum(shop__shown__116e7a5cfd83e745.amount) AS total
   FROM ONLY vde_data.shop__shown__116e7a5cfd83e745
  GROUP BY shop__shown__116e7a5cfd83e745.day
  WITH NO DATA;


ALTER TABLE vde_data.mart__totals__aaf54d57c453b974 OWNER TO t_upgrade_ana;

--
-- Name: mart__chain__13968e49a3ff2e9e; Type: VIEW; Schema: vde_data; Owner: t_upgrade_ana
--

CREATE VIEW vde_data.mart__chain__13968e49a3ff2e9e AS
 SELECT mart__totals__aaf54d57c453b974.total
   FROM ONLY vde_data.mart__totals__aaf54d57c453b974
UNION ALL
 SELECT 0 AS total;


ALTER TABLE vde_data.mart__chain__13968e49a3ff2e9e OWNER TO t_upgrade_ana;

--
-- Name: chain; Type: VIEW; Schema: mart__dev; Owner: t_upgrade_ana
--

CREATE VIEW mart__dev.chain AS
 SELECT mart__chain__13968e49a3ff2e9e.total
   FROM vde_data.mart__chain__13968e49a3ff2e9e;


ALTER TABLE mart__dev.chain OWNER TO t_upgrade_ana;

--
-- Name: totals; Type: VIEW; Schema: mart__dev; Owner: t_upgrade_ana
--

CREATE VIEW mart__dev.totals AS
 SELECT mart__totals__aaf54d57c453b974.day,
    mart__totals__aaf54d57c453b974.total
   FROM vde_data.mart__totals__aaf54d57c453b974;


ALTER TABLE mart__dev.totals OWNER TO t_upgrade_ana;

--
-- Name: mart__totals__a2e98af7b64e54f2; Type: MATERIALIZED VIEW; Schema: vde_data; Owner: t_upgrade_ana
--

CREATE MATERIALIZED VIEW vde_data.mart__totals__a2e98af7b64e54f2 AS
 SELECT shop__shown__54f2126d10b6291c.day,
    sum(shop__shown__54f2126d10b6291c.amount) AS total,
    count(*) AS n
   FROM ONLY vde_data.shop__shown__54f2126d10b6291c
  GROUP BY shop__shown__54f2126d10b6291c.day
  WITH NO DATA;


ALTER TABLE vde_data.mart__totals__a2e98af7b64e54f2 OWNER TO t_upgrade_ana;

--
-- Name: mart__chain__f4df364c47a91c99; Type: VIEW; Schema: vde_data; Owner: t_upgrade_ana
--

CREATE VIEW vde_data.mart__chain__f4df364c47a91c99 AS
 SELECT mart__totals__a2e98af7b64e54f2.total
   FROM ONLY vde_data.mart__totals__a2e98af7b64e54f2
UNION ALL
 SELECT 0 AS total;


ALTER TABLE vde_data.mart__chain__f4df364c47a91c99 OWNER TO t_upgrade_ana;

--
-- Name: chain; Type: VIEW; Schema: mart__qa; Owner: t_upgrade_ana
--

CREATE VIEW mart__qa.chain AS
 SELECT mart__chain__f4df364c47a91c99.total
   FROM vde_data.mart__chain__f4df364c47a91c99;


ALTER TABLE mart__qa.chain OWNER TO t_upgrade_ana;

--
-- Name: totals; Type: VIEW; Schema: mart__qa; Owner: t_upgrade_ana
--

CREATE VIEW mart__qa.totals AS
 SELECT mart__totals__a2e98af7b64e54f2.day,
    mart__totals__a2e98af7b64e54f2.total,
    mart__totals__a2e98af7b64e54f2.n
   FROM vde_data.mart__totals__a2e98af7b64e54f2;


ALTER TABLE mart__qa.totals OWNER TO t_upgrade_ana;

--
-- Name: t; Type: TABLE; Schema: raw; Owner: postgres
--

CREATE TABLE raw.t (
    id integer,
    amount integer,
    mood raw.mood,
    at timestamp with time zone
);


ALTER TABLE raw.t OWNER TO postgres;

--
-- Name: shop__Odd Näme__64d71228e93ba8b5; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data."shop__Odd Näme__64d71228e93ba8b5" (
    "Möod ""x""" raw.mood,
    n bigint,
    t bigint
);


ALTER TABLE vde_data."shop__Odd Näme__64d71228e93ba8b5" OWNER TO vde_storage;

--
-- Name: Odd Näme; Type: VIEW; Schema: shop; Owner: t_upgrade_ana
--

CREATE VIEW shop."Odd Näme" AS
 SELECT "shop__Odd Näme__64d71228e93ba8b5"."Möod ""x""",
    "shop__Odd Näme__64d71228e93ba8b5".n,
    "shop__Odd Näme__64d71228e93ba8b5".t
   FROM vde_data."shop__Odd Näme__64d71228e93ba8b5";


ALTER TABLE shop."Odd Näme" OWNER TO t_upgrade_ana;

--
-- Name: base; Type: VIEW; Schema: shop; Owner: t_upgrade_ana
--

CREATE VIEW shop.base AS
 SELECT shop__base__14ea8fd26855c561.id,
    shop__base__14ea8fd26855c561.amount,
    shop__base__14ea8fd26855c561.mood,
    shop__base__14ea8fd26855c561.at
   FROM vde_data.shop__base__14ea8fd26855c561;


ALTER TABLE shop.base OWNER TO t_upgrade_ana;

--
-- Name: VIEW base; Type: COMMENT; Schema: shop; Owner: t_upgrade_ana
--

COMMENT ON VIEW shop.base IS 'the base';


--
-- Name: COLUMN base.id; Type: COMMENT; Schema: shop; Owner: t_upgrade_ana
--

COMMENT ON COLUMN shop.base.id IS 'a number';


--
-- Name: shop__parts__7289a58c1943d307; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data.shop__parts__7289a58c1943d307 (
    id integer,
    mood raw.mood,
    who text COLLATE pg_catalog."C"
)
PARTITION BY RANGE (id);


ALTER TABLE vde_data.shop__parts__7289a58c1943d307 OWNER TO vde_storage;

--
-- Name: parts; Type: VIEW; Schema: shop; Owner: t_upgrade_ana
--

CREATE VIEW shop.parts AS
 SELECT shop__parts__7289a58c1943d307.id,
    shop__parts__7289a58c1943d307.mood,
    shop__parts__7289a58c1943d307.who
   FROM vde_data.shop__parts__7289a58c1943d307;


ALTER TABLE shop.parts OWNER TO t_upgrade_ana;

--
-- Name: shop__seed__d64c300b707d58ba; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data.shop__seed__d64c300b707d58ba (
    code text,
    name text,
    n bigint
);


ALTER TABLE vde_data.shop__seed__d64c300b707d58ba OWNER TO vde_storage;

--
-- Name: seed; Type: VIEW; Schema: shop; Owner: t_upgrade_ana
--

CREATE VIEW shop.seed AS
 SELECT shop__seed__d64c300b707d58ba.code,
    shop__seed__d64c300b707d58ba.name,
    shop__seed__d64c300b707d58ba.n
   FROM vde_data.shop__seed__d64c300b707d58ba;


ALTER TABLE shop.seed OWNER TO t_upgrade_ana;

--
-- Name: shown; Type: VIEW; Schema: shop; Owner: t_upgrade_ana
--

CREATE VIEW shop.shown AS
 SELECT shop__shown__54f2126d10b6291c.id,
    shop__shown__54f2126d10b6291c.amount,
    shop__shown__54f2126d10b6291c.mood,
    shop__shown__54f2126d10b6291c.at,
    shop__shown__54f2126d10b6291c.day
   FROM vde_data.shop__shown__54f2126d10b6291c;


ALTER TABLE shop.shown OWNER TO t_upgrade_ana;

--
-- Name: shop__Odd Näme__f213f40badf76cb3; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data."shop__Odd Näme__f213f40badf76cb3" (
    "Möod ""x""" raw.mood,
    n bigint,
    t bigint
);


ALTER TABLE vde_data."shop__Odd Näme__f213f40badf76cb3" OWNER TO vde_storage;

--
-- Name: Odd Näme; Type: VIEW; Schema: shop__dev; Owner: t_upgrade_ana
--

CREATE VIEW shop__dev."Odd Näme" AS
 SELECT "shop__Odd Näme__f213f40badf76cb3"."Möod ""x""",
    "shop__Odd Näme__f213f40badf76cb3".n,
    "shop__Odd Näme__f213f40badf76cb3".t
   FROM vde_data."shop__Odd Näme__f213f40badf76cb3";


ALTER TABLE shop__dev."Odd Näme" OWNER TO t_upgrade_ana;

--
-- Name: base; Type: VIEW; Schema: shop__dev; Owner: t_upgrade_ana
--

CREATE VIEW shop__dev.base AS
 SELECT shop__base__d99129f6d3a4df94.id,
    shop__base__d99129f6d3a4df94.amount,
    shop__base__d99129f6d3a4df94.mood,
    shop__base__d99129f6d3a4df94.at,
    shop__base__d99129f6d3a4df94.more
   FROM vde_data.shop__base__d99129f6d3a4df94;


ALTER TABLE shop__dev.base OWNER TO t_upgrade_ana;

--
-- Name: VIEW base; Type: COMMENT; Schema: shop__dev; Owner: t_upgrade_ana
--

COMMENT ON VIEW shop__dev.base IS 'the new base';


--
-- Name: shop__parts__652daacd5d3a59c3; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data.shop__parts__652daacd5d3a59c3 (
    id integer,
    mood raw.mood,
    who text COLLATE pg_catalog."C"
)
PARTITION BY RANGE (id);


ALTER TABLE vde_data.shop__parts__652daacd5d3a59c3 OWNER TO vde_storage;

--
-- Name: parts; Type: VIEW; Schema: shop__dev; Owner: t_upgrade_ana
--

CREATE VIEW shop__dev.parts AS
 SELECT shop__parts__652daacd5d3a59c3.id,
    shop__parts__652daacd5d3a59c3.mood,
    shop__parts__652daacd5d3a59c3.who
   FROM vde_data.shop__parts__652daacd5d3a59c3;


ALTER TABLE shop__dev.parts OWNER TO t_upgrade_ana;

--
-- Name: seed; Type: VIEW; Schema: shop__dev; Owner: t_upgrade_ana
--

CREATE VIEW shop__dev.seed AS
 SELECT shop__seed__d64c300b707d58ba.code,
    shop__seed__d64c300b707d58ba.name,
    shop__seed__d64c300b707d58ba.n
   FROM vde_data.shop__seed__d64c300b707d58ba;


ALTER TABLE shop__dev.seed OWNER TO t_upgrade_ana;

--
-- Name: shown; Type: VIEW; Schema: shop__dev; Owner: t_upgrade_ana
--

CREATE VIEW shop__dev.shown AS
 SELECT shop__shown__116e7a5cfd83e745.id,
    shop__shown__116e7a5cfd83e745.amount,
    shop__shown__116e7a5cfd83e745.mood,
    shop__shown__116e7a5cfd83e745.at,
    shop__shown__116e7a5cfd83e745.more,
    shop__shown__116e7a5cfd83e745.day
   FROM vde_data.shop__shown__116e7a5cfd83e745;


ALTER TABLE shop__dev.shown OWNER TO t_upgrade_ana;

--
-- Name: Odd Näme; Type: VIEW; Schema: shop__qa; Owner: t_upgrade_ana
--

CREATE VIEW shop__qa."Odd Näme" AS
 SELECT "shop__Odd Näme__64d71228e93ba8b5"."Möod ""x""",
    "shop__Odd Näme__64d71228e93ba8b5".n,
    "shop__Odd Näme__64d71228e93ba8b5".t
   FROM vde_data."shop__Odd Näme__64d71228e93ba8b5";


ALTER TABLE shop__qa."Odd Näme" OWNER TO t_upgrade_ana;

--
-- Name: base; Type: VIEW; Schema: shop__qa; Owner: t_upgrade_ana
--

CREATE VIEW shop__qa.base AS
 SELECT shop__base__14ea8fd26855c561.id,
    shop__base__14ea8fd26855c561.amount,
    shop__base__14ea8fd26855c561.mood,
    shop__base__14ea8fd26855c561.at
   FROM vde_data.shop__base__14ea8fd26855c561;


ALTER TABLE shop__qa.base OWNER TO t_upgrade_ana;

--
-- Name: VIEW base; Type: COMMENT; Schema: shop__qa; Owner: t_upgrade_ana
--

COMMENT ON VIEW shop__qa.base IS 'the base';


--
-- Name: COLUMN base.id; Type: COMMENT; Schema: shop__qa; Owner: t_upgrade_ana
--

COMMENT ON COLUMN shop__qa.base.id IS 'a number';


--
-- Name: parts; Type: VIEW; Schema: shop__qa; Owner: t_upgrade_ana
--

CREATE VIEW shop__qa.parts AS
 SELECT shop__parts__7289a58c1943d307.id,
    shop__parts__7289a58c1943d307.mood,
    shop__parts__7289a58c1943d307.who
   FROM vde_data.shop__parts__7289a58c1943d307;


ALTER TABLE shop__qa.parts OWNER TO t_upgrade_ana;

--
-- Name: seed; Type: VIEW; Schema: shop__qa; Owner: t_upgrade_ana
--

CREATE VIEW shop__qa.seed AS
 SELECT shop__seed__d64c300b707d58ba.code,
    shop__seed__d64c300b707d58ba.name,
    shop__seed__d64c300b707d58ba.n
   FROM vde_data.shop__seed__d64c300b707d58ba;


ALTER TABLE shop__qa.seed OWNER TO t_upgrade_ana;

--
-- Name: shown; Type: VIEW; Schema: shop__qa; Owner: t_upgrade_ana
--

CREATE VIEW shop__qa.shown AS
 SELECT shop__shown__54f2126d10b6291c.id,
    shop__shown__54f2126d10b6291c.amount,
    shop__shown__54f2126d10b6291c.mood,
    shop__shown__54f2126d10b6291c.at,
    shop__shown__54f2126d10b6291c.day
   FROM vde_data.shop__shown__54f2126d10b6291c;


ALTER TABLE shop__qa.shown OWNER TO t_upgrade_ana;

--
-- Name: shop__parts__652daacd5d3a59c3_default; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data.shop__parts__652daacd5d3a59c3_default (
    id integer,
    mood raw.mood,
    who text COLLATE pg_catalog."C"
)
WITH (fillfactor='70');


ALTER TABLE vde_data.shop__parts__652daacd5d3a59c3_default OWNER TO vde_storage;

--
-- Name: shop__parts__652daacd5d3a59c3_p1; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data.shop__parts__652daacd5d3a59c3_p1 (
    id integer,
    mood raw.mood,
    who text COLLATE pg_catalog."C"
)
WITH (fillfactor='70');


ALTER TABLE vde_data.shop__parts__652daacd5d3a59c3_p1 OWNER TO vde_storage;

--
-- Name: shop__parts__7289a58c1943d307_default; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data.shop__parts__7289a58c1943d307_default (
    id integer,
    mood raw.mood,
    who text COLLATE pg_catalog."C"
)
WITH (fillfactor='70');


ALTER TABLE vde_data.shop__parts__7289a58c1943d307_default OWNER TO vde_storage;

--
-- Name: shop__parts__7289a58c1943d307_p1; Type: TABLE; Schema: vde_data; Owner: vde_storage
--

CREATE TABLE vde_data.shop__parts__7289a58c1943d307_p1 (
    id integer,
    mood raw.mood,
    who text COLLATE pg_catalog."C"
)
WITH (fillfactor='70');


ALTER TABLE vde_data.shop__parts__7289a58c1943d307_p1 OWNER TO vde_storage;

--
-- Name: shop__parts__652daacd5d3a59c3_default; Type: TABLE ATTACH; Schema: vde_data; Owner: vde_storage
--

ALTER TABLE ONLY vde_data.shop__parts__652daacd5d3a59c3 ATTACH PARTITION vde_data.shop__parts__652daacd5d3a59c3_default DEFAULT;


--
-- Name: shop__parts__652daacd5d3a59c3_p1; Type: TABLE ATTACH; Schema: vde_data; Owner: vde_storage
--

ALTER TABLE ONLY vde_data.shop__parts__652daacd5d3a59c3 ATTACH PARTITION vde_data.shop__parts__652daacd5d3a59c3_p1 FOR VALUES FROM (10) TO (20);


--
-- Name: shop__parts__7289a58c1943d307_default; Type: TABLE ATTACH; Schema: vde_data; Owner: vde_storage
--

ALTER TABLE ONLY vde_data.shop__parts__7289a58c1943d307 ATTACH PARTITION vde_data.shop__parts__7289a58c1943d307_default DEFAULT;


--
-- Name: shop__parts__7289a58c1943d307_p1; Type: TABLE ATTACH; Schema: vde_data; Owner: vde_storage
--

ALTER TABLE ONLY vde_data.shop__parts__7289a58c1943d307 ATTACH PARTITION vde_data.shop__parts__7289a58c1943d307_p1 FOR VALUES FROM (10) TO (20);


--
-- Data for Name: t; Type: TABLE DATA; Schema: raw; Owner: postgres
--

COPY raw.t (id, amount, mood, at) FROM stdin;
1	2	sad	2024-01-02 12:00:00+00
2	3	glad	2024-01-03 12:00:00+00
3	4	\N	2024-01-04 12:00:00+00
4	5	sad	2024-01-01 12:00:00+00
5	1	glad	2024-01-02 12:00:00+00
6	2	\N	2024-01-03 12:00:00+00
7	3	sad	2024-01-04 12:00:00+00
8	4	glad	2024-01-01 12:00:00+00
9	5	\N	2024-01-02 12:00:00+00
10	1	sad	2024-01-03 12:00:00+00
11	2	glad	2024-01-04 12:00:00+00
12	3	\N	2024-01-01 12:00:00+00
13	4	sad	2024-01-02 12:00:00+00
14	5	glad	2024-01-03 12:00:00+00
15	1	\N	2024-01-04 12:00:00+00
16	2	sad	2024-01-01 12:00:00+00
17	3	glad	2024-01-02 12:00:00+00
18	4	\N	2024-01-03 12:00:00+00
19	5	sad	2024-01-04 12:00:00+00
20	1	glad	2024-01-01 12:00:00+00
21	2	\N	2024-01-02 12:00:00+00
22	3	sad	2024-01-03 12:00:00+00
23	4	glad	2024-01-04 12:00:00+00
24	5	\N	2024-01-01 12:00:00+00
25	1	sad	2024-01-02 12:00:00+00
26	2	glad	2024-01-03 12:00:00+00
27	3	\N	2024-01-04 12:00:00+00
28	4	sad	2024-01-01 12:00:00+00
29	5	glad	2024-01-02 12:00:00+00
30	1	\N	2024-01-03 12:00:00+00
\.


--
-- Data for Name: model; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.model (id, schema_name, model_name) FROM stdin;
1	raw	t
2	shop	base
3	shop	seed
4	shop	inline
5	shop	Odd Näme
6	shop	shown
7	mart	totals
8	shop	parts
9	mart	chain
10	shop	broken
11	shop	later
\.


--
-- Data for Name: build; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.build (id, model_id, environment, xxh3, action, state, row_count, seconds, sqlstate, message, "position", built_by, started_at) FROM stdin;
1	2	dev	14ea8fd2053ba44d47c405cd808709bb	build	built	30	0.002391	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.659035+00
2	6	dev	54f2126d9bad44036a7b5507a9d21b2c	build	built	\N	0.00115	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.665779+00
3	7	dev	d549448737899c140b93aea5108b679b	build	built	4	0.002536	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.668599+00
4	9	dev	b77544d0af39802a14c750518b964eb5	build	built	\N	0.000847	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.673219+00
5	5	dev	64d71228f95175cb6d5efc3a0ca8e4f1	build	built	3	0.002236	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.675132+00
6	8	dev	7289a58c7779c9836d891ce5ac47af70	build	built	30	0.005884	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.679174+00
7	3	dev	d64c300b19216b09c5d7df30f7939ae7	build	built	2	0.00221	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.687266+00
8	2	dev	d99129f6dcae8318a1791d7d09224551	build	built	20	0.001798	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.741331+00
9	6	dev	116e7a5cabc6de4f11087d9b80f04541	build	built	\N	0.001033	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.745658+00
10	7	dev	aaf54d579ae4854157ea80d990f4d616	build	built	4	0.002199	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.747874+00
11	9	dev	13968e49d1658caad0df587db99cec84	build	built	\N	0.000631	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.7514+00
12	5	dev	f213f40bc9c95462e237d702cdb255d8	build	built	3	0.001575	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.752874+00
13	8	dev	652daacd1c2b38572a9d031b3b2843e5	build	built	20	0.004976	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.755805+00
14	2	prod	14ea8fd2053ba44d47c405cd808709bb	refresh	built	30	0.003521	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.79515+00
15	7	prod	d549448737899c140b93aea5108b679b	refresh	unchanged	\N	0.000888	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.799694+00
16	5	prod	64d71228f95175cb6d5efc3a0ca8e4f1	refresh	unchanged	\N	0.000681	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.800773+00
17	8	prod	7289a58c7779c9836d891ce5ac47af70	refresh	built	30	0.00543	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.801629+00
18	7	qa	a2e98af77d00b729f5120b1fe1ef140f	build	built	4	0.002208	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.819651+00
19	9	qa	f4df364c08d80ac81e33ccb2ad20fb72	build	built	\N	0.000868	\N	\N	\N	t_upgrade_ana	2025-01-02 05:37:31.823+00
20	10	qa	d77c1d61553fb45805231afc469a5fe7	build	failed	\N	0	22012	division by zero	\N	t_upgrade_ana	2025-01-02 05:37:31.842337+00
\.


--
-- Data for Name: definition; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.definition (id, model_id, kind, query, options, settings, owner, content_hash, created_by, created_at) FROM stdin;
1	1	external		{"columns": [{"name": "id", "type": "int", "description": "the key"}]}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	cda847880e6a0978838e93e75eda64662cf3c35952568cf8c881989524791708	t_upgrade_ana	2025-01-02 05:37:31.64185+00
2	2	full	SELECT id, amount, mood, at FROM raw.t	{"tags": ["x"], "columns": {"id": "a number"}, "indexes": [{"columns": ["amount", "mood"]}], "description": "the base", "primary_key": ["id"]}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	4db3b20d10435da4f7fcf9f0f19e4766421610185a2210150ecb7eb3f190494f	t_upgrade_ana	2025-01-02 05:37:31.644187+00
3	3	seed	code,name,n\nAT,"Öster""reich",1\nDE,,5\n	{}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	8afddc2f6998a860cb835a8f6739df80d2f9972be68c6a3607b697cf9753407c	t_upgrade_ana	2025-01-02 05:37:31.645371+00
4	4	embedded	SELECT id, raw.twice(amount) AS twice FROM shop.base	{}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	19468b13d26e11c7f1c151bef9045cd09e3b1f48cf51004127eeef677b58eb1f	t_upgrade_ana	2025-01-02 05:37:31.646537+00
5	5	full	SELECT mood AS "Möod ""x""", count(*) AS n, sum(twice) AS t FROM shop.inline JOIN shop.base USING (id) WHERE amount IN (1, 2, 3) GROUP BY 1	{}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	a117d4c95b4595ee234641bc9c726f1820bcb816c31de09ea56a4597b133f496	t_upgrade_ana	2025-01-02 05:37:31.647702+00
6	6	view	SELECT *, at::date AS day FROM shop.base WHERE amount > 3	{}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	d0bdb7245eb27e8988a3e295aaacdd30d1700936a26b98b2516d31e82da88c62	t_upgrade_ana	2025-01-02 05:37:31.648835+00
7	7	materialized_view	SELECT day, sum(amount) AS total FROM shop.shown GROUP BY day	{"indexes": [{"unique": true, "columns": ["day"]}]}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	9f95b025c2601ea5915b936a39e33e6ef849d50dcb5b19d39e67c57cca24e874	t_upgrade_ana	2025-01-02 05:37:31.649576+00
8	8	full	SELECT id, mood, current_user::text AS who FROM shop.base	{"indexes": ["mood"], "fillfactor": 70, "partition_by": {"bounds": [10, 20], "columns": "id", "strategy": "range"}}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	2bf7e66a2eff0b51dc4d10d29abf9899b4e697e52f0b7daaacfd973d3faa42cb	t_upgrade_ana	2025-01-02 05:37:31.650197+00
9	9	view	SELECT total FROM mart.totals UNION ALL SELECT 0	{}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	5797962e8d501b619ebc16372165181397152245da0669b7efe7c2f843a2a273	t_upgrade_ana	2025-01-02 05:37:31.650815+00
10	2	full	SELECT id, amount, mood, at, 1 AS more FROM raw.t WHERE id > 10	{"description": "the new base", "primary_key": ["id"]}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	f0b92b7a9b0294e90dbd0bf85bf3a5d500a36e136c787ac7c171c30296a55f62	t_upgrade_ana	2025-01-02 05:37:31.731577+00
11	7	materialized_view	SELECT day, sum(amount) AS total, count(*) AS n FROM shop.shown GROUP BY day	{}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	cb117761328a5637b77997cd4755bbe3797e14e708f7e62268b46a9526c126b4	t_upgrade_ana	2025-01-02 05:37:31.814306+00
12	10	full	SELECT 1 / (id - id) AS x FROM shop.base	{}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	cae3a4f107bb650d3bfd3877d22a35f0ce15facfa2c7a973532b24e8bb381ecb	t_upgrade_ana	2025-01-02 05:37:31.833558+00
13	11	full	SELECT 1 AS one	{}	{"lc_time": "C.UTF-8", "TimeZone": "Europe/Vienna", "DateStyle": "ISO, MDY", "xmlbinary": "base64", "xmloption": "content", "lc_numeric": "C.UTF-8", "array_nulls": "on", "lc_monetary": "C.UTF-8", "search_path": "ext, public", "bytea_output": "hex", "IntervalStyle": "postgres", "backslash_quote": "safe_encoding", "extra_float_digits": "1", "transform_null_equals": "off", "timezone_abbreviations": "Default", "default_text_search_config": "pg_catalog.english", "standard_conforming_strings": "on"}	t_upgrade_ana	498a75da1a468a3583ac313281a85aa3ebb5fce944309309d5cd84a474a8d889	t_upgrade_ana	2025-01-02 05:37:31.873173+00
\.


--
-- Data for Name: version; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.version (id, model_id, xxh3, sha256, relation_name, built_at, built_by, refreshed_at, row_count, content_hash, build_seconds, unlogged, released_at, collected_at) FROM stdin;
10	2	d99129f6dcae8318a1791d7d09224551	d3a4df94f32e7b601b4892632df9f652745984a2c236ad2c5dc31cb516f60387	shop__base__d99129f6d3a4df94	2025-01-02 05:37:31.741331+00	t_upgrade_ana	2025-01-02 05:37:31.741331+00	20	007e3cd3f037a1ab7891449ed320b6cf	0.001798	f	2025-01-02 05:37:31.786848+00	\N
11	6	116e7a5cabc6de4f11087d9b80f04541	fd83e745dddcdb2292d4048b2d18ee2a02b92c11d6f3a04bc9e1d402e18e1e7f	shop__shown__116e7a5cfd83e745	2025-01-02 05:37:31.745658+00	t_upgrade_ana	2025-01-02 05:37:31.745658+00	\N	\N	0.001033	f	2025-01-02 05:37:31.786848+00	\N
12	7	aaf54d579ae4854157ea80d990f4d616	c453b974630b2da7f21d6e2d6bd829ec2bd007b32aa448f1f205722a90f2e31d	mart__totals__aaf54d57c453b974	2025-01-02 05:37:31.747874+00	t_upgrade_ana	2025-01-02 05:37:31.747874+00	4	c4c55b8e72c1cb77c3c82a40b9689534	0.002199	f	2025-01-02 05:37:31.786848+00	\N
13	9	13968e49d1658caad0df587db99cec84	a3ff2e9e203450f57b743b10b959d4f7bc11b919ad92cd76c77a8bfec59df62a	mart__chain__13968e49a3ff2e9e	2025-01-02 05:37:31.7514+00	t_upgrade_ana	2025-01-02 05:37:31.7514+00	\N	\N	0.000631	f	2025-01-02 05:37:31.786848+00	\N
14	5	f213f40bc9c95462e237d702cdb255d8	adf76cb3bab86ec2e3ee4d23bd08b667a76c3ef639efdf251b09b11d9f36502c	shop__Odd Näme__f213f40badf76cb3	2025-01-02 05:37:31.752874+00	t_upgrade_ana	2025-01-02 05:37:31.752874+00	3	822ce698564ee606064c047199315c8f	0.001575	f	2025-01-02 05:37:31.786848+00	\N
15	8	652daacd1c2b38572a9d031b3b2843e5	5d3a59c3f2bce6405feaeea987d167367a7ea38a109cfa6e2a0139e602e7e516	shop__parts__652daacd5d3a59c3	2025-01-02 05:37:31.755805+00	t_upgrade_ana	2025-01-02 05:37:31.755805+00	20	60dc510034548d139af08a880c09c103	0.004976	f	2025-01-02 05:37:31.786848+00	\N
16	4	7bd7c8f4e8485b6b62be15bd4e2c1842	e7c7a9db95f8da4f87e4dbb0819939a5bd97e1f77ab56645ea3e70711aacb0c1	\N	\N	\N	\N	\N	\N	\N	f	2025-01-02 05:37:31.786848+00	\N
7	3	d64c300b19216b09c5d7df30f7939ae7	707d58ba6d0104756316e87b6f4e622af5c465746edb0640d5d9600e37e101d1	shop__seed__d64c300b707d58ba	2025-01-02 05:37:31.687266+00	t_upgrade_ana	2025-01-02 05:37:31.687266+00	2	0994e1dc3d0c0c495d0b0a64d0da3781	0.00221	f	2025-01-02 05:37:31.869218+00	\N
8	1	298f3ededd4d637c9b99c496c5a0e507	a133a929a5c96df9f35aee85f333779bdbedd1e06f7d2366fade01885b944954	\N	\N	\N	\N	\N	\N	\N	f	2025-01-02 05:37:31.869218+00	\N
4	9	b77544d0af39802a14c750518b964eb5	588e5b8fe8035812c3bf0ac99777f024ebd4ba4ce2156388b7d39950ec9bfb79	mart__chain__b77544d0588e5b8f	2025-01-02 05:37:31.673219+00	t_upgrade_ana	2025-01-02 05:37:31.673219+00	\N	\N	0.000847	f	2025-01-02 05:37:31.869218+00	\N
2	6	54f2126d9bad44036a7b5507a9d21b2c	10b6291cbc96e9d1d65acb984ffe4537bc946ab3378f6ee93dc7fcea4a1fc7c5	shop__shown__54f2126d10b6291c	2025-01-02 05:37:31.665779+00	t_upgrade_ana	2025-01-02 05:37:31.665779+00	\N	\N	0.00115	f	2025-01-02 05:37:31.869218+00	\N
3	7	d549448737899c140b93aea5108b679b	456950e5a0ce7e826fb9d59c2de796945a52af02c173785f5da2a721d3287ed5	mart__totals__d5494487456950e5	2025-01-02 05:37:31.668599+00	t_upgrade_ana	2025-01-02 05:37:31.799694+00	4	8df5548122b5e234f929e8db9f41ed18	0.002536	f	2025-01-02 05:37:31.869218+00	\N
1	2	14ea8fd2053ba44d47c405cd808709bb	6855c561d55800a5fe96202bc9e0715e3c80e4b461d4274a44cc72513569c653	shop__base__14ea8fd26855c561	2025-01-02 05:37:31.659035+00	t_upgrade_ana	2025-01-02 05:37:31.79515+00	30	5d395dd5e9cd45d4a92676f6db2223c6	0.003521	f	2025-01-02 05:37:31.869218+00	\N
5	5	64d71228f95175cb6d5efc3a0ca8e4f1	e93ba8b559eb35e9a90deb6c433878c5e517d0fbf1b495d06d1c8e211ba3b874	shop__Odd Näme__64d71228e93ba8b5	2025-01-02 05:37:31.675132+00	t_upgrade_ana	2025-01-02 05:37:31.800773+00	3	8eddd70bc3f7805dcd50a0dbd871f5ea	0.002236	f	2025-01-02 05:37:31.869218+00	\N
6	8	7289a58c7779c9836d891ce5ac47af70	1943d3078209f4641d8250ab2e8a8d181828ed37357cd5fd64f5c56c8b24b46a	shop__parts__7289a58c1943d307	2025-01-02 05:37:31.679174+00	t_upgrade_ana	2025-01-02 05:37:31.801629+00	30	890b9559120ccc4018a6967740077c69	0.00543	f	2025-01-02 05:37:31.869218+00	\N
19	7	a2e98af77d00b729f5120b1fe1ef140f	b64e54f20f7da0f46507268a40c665a3cc649089e13d7a1e08abe069852db82f	mart__totals__a2e98af7b64e54f2	2025-01-02 05:37:31.819651+00	t_upgrade_ana	2025-01-02 05:37:31.819651+00	4	53d1a3bac2aec3bdb950a368dd4ca1e4	0.002208	f	\N	\N
20	9	f4df364c08d80ac81e33ccb2ad20fb72	47a91c999e295ecdd784a4cbb51c03784a8b4e837bceb785cfde1dd9d77d46c8	mart__chain__f4df364c47a91c99	2025-01-02 05:37:31.823+00	t_upgrade_ana	2025-01-02 05:37:31.823+00	\N	\N	0.000868	f	\N	\N
9	4	cc0110dfbd3ea7f4697bef41f47a2aac	ca83f2aa72b42219d47b2857cf687e0dee5fcf02b639bc637ddf3cf296f8e3e7	\N	\N	\N	\N	\N	\N	\N	f	2025-01-02 05:37:31.869218+00	\N
\.


--
-- Data for Name: snapshot; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.snapshot (id, model_id, definition_id, version_id, metadata_hash, row_hash, column_names, column_types, column_collations, column_hashes, chance, parts, declared_breaking, private_call, private_environment, created_at) FROM stdin;
1	2	2	1	335eba0f396b45dc37b204ede282ee6e	4cb03dc690f6d63af3c30b08a0967c29b2761874ff27e059108d2bca059e303a	{id,amount,mood,at}	{integer,integer,raw.mood,"timestamp with time zone"}	{NULL,NULL,NULL,NULL}	{19c5eb61cb05767a90a9ef86cfcfbdb7f9d11e02fe089ad675425edf4292dfb3,d9baa52ed7278f00cbd97457f4e1490c3ad6655ce76fca0d2e40483f73eda41c,cc093e09417560ef2434a2266535a774efb33773419f9a4a25bf970e91d18b56,24776fb5fa05b606426ca3b01d09133ec5e4af576479646d2a2dd98f08473236}	f	{"column \\"id\\"=1751b91729047c21","column \\"amount\\"=d91a98f470b09c41","column \\"mood\\"=33203f26aa042d6d","column \\"at\\"=3c87bcbcb0e64cff",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=5baf15fd32708c25,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70",LIMIT=431e6ed15af89a70}	\N	\N	\N	2025-01-02 05:37:31.662967+00
2	6	6	2	9bb6989300062ac7b20f8ac48db06df4	38dbe827c7a58d637bed8f9f279fb607c05475a500f6f834f8f631df7310f623	{id,amount,mood,at,day}	{integer,integer,raw.mood,"timestamp with time zone",pg_catalog.date}	{NULL,NULL,NULL,NULL,NULL}	{60633701d85c12490fb9d1092a75e42d3f8b36bb86a460ccfae81d13f45f33eb,d701cb5575df1aa186bf0afc3a87458ced457588eef96677b4bccfe143189564,ebceb70642488824742aa6c4e2cde9ea912892221ce86432ab2a6e8956c44cb2,edb048f16e37a9cf2648cf36b8a1de2d710ca2e1b10b89a08417e2b5a5c62045,e7c2dd686915c4d94cfef0fe11ac1ffa61ce614ecb135e673d91e994cae7f20b}	f	{"column \\"id\\"=1751b91729047c21","column \\"amount\\"=d91a98f470b09c41","column \\"mood\\"=33203f26aa042d6d","column \\"at\\"=3c87bcbcb0e64cff","column \\"day\\"=61fd72e72a22f2bf",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=d388de26de6283fd,"JOIN condition=6e17ac78ec6e069b",WHERE=6cae3224a31247e6,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70","ORDER BY=6e17ac78ec6e069b",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e}	\N	\N	\N	2025-01-02 05:37:31.66741+00
3	7	7	3	8ea6bc5f370a0fa101323bde4ad977ba	9ddb1c3ade258cbbaea6205ff054013fcedc9e15221d24d73a68b63af0111ad0	{day,total}	{pg_catalog.date,bigint}	{NULL,NULL}	{d2dd1cce928fb20cebb74a185f2daf4ddcf6c697a0abdc722f1021b2db1c7930,a76a494ea0919d32626b8d3f21510528c6612e8eb187b5c4833a8378a83e51b1}	f	{"column \\"day\\"=bee04e4be8cc0a17","column \\"total\\"=95bc13221595bc82",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=9eada4f69dae16f2,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=35b488a77d803de2",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e}	\N	\N	\N	2025-01-02 05:37:31.672479+00
4	9	9	4	91224320449aedfd2688cf919818ebe2	6475fd280fed3b0ac1434048f7f09b5f4428de6b2e97c6b9a37abb4199870917	{total}	{bigint}	{NULL}	{06931431e2004a3c43add1a10102ba8f3467c5cef74c2a1b5a580253993a6568}	f	{"column \\"total\\"=0d6bc1f7a1cadec6",aggregation=no,"set operation=195110e0e7430f4a",FROM=c1f5524f6ad16e10,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70","ORDER BY=6e17ac78ec6e069b",LIMIT=431e6ed15af89a70}	\N	\N	\N	2025-01-02 05:37:31.674496+00
5	5	5	5	af27245c043076fa80de15fab32fa589	c4c1addb359c3277334a36dac1be56ce4481e300c2eaafbfeba1b1b0e1c6cf40	{"Möod \\"x\\"",n,t}	{raw.mood,bigint,bigint}	{NULL,NULL,NULL}	{a774a4735bf70d4ea0a23bc473025b2b258434d1811c57523446cf619bc721f2,62a17c9c13a89e21324d54f4b9bfbb330c4d8ca84f3c2e873e22bb5dba580680,3e4bcca1d0e572e6171e8baee0068841d6db025133d0b8ca4fa14e61ee97e9d7}	f	{"column \\"Möod \\"x\\"\\"=d58f649bbf27548e","column \\"n\\"=ffd0387edcd6bf29","column \\"t\\"=35e8a2ed4eed3340",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=bbbfd09df9b7a068,"JOIN condition=96066dc76d433dde",WHERE=a684c5822c21d3e5,"GROUP BY=ab062afbe2834668",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e}	\N	\N	\N	2025-01-02 05:37:31.678222+00
6	8	8	6	6adfcb5e33e5cbc7fa88c1b548f73144	f307624b66b1a8d66c91d5dbb3801cfa7e8808aa9325f69f4dd55965ab5dc29a	{id,mood,who}	{integer,raw.mood,pg_catalog.text}	{NULL,NULL,"pg_catalog.\\"C\\""}	{60633701d85c12490fb9d1092a75e42d3f8b36bb86a460ccfae81d13f45f33eb,ebceb70642488824742aa6c4e2cde9ea912892221ce86432ab2a6e8956c44cb2,5765dc274285759a3e6885e9833b614cfe0a911ade59890e9aa3e56b5f710486}	f	{"column \\"id\\"=1751b91729047c21","column \\"mood\\"=33203f26aa042d6d","column \\"who\\"=d0aea971b8f0f54b",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=d388de26de6283fd,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e,owner=t_upgrade_ana}	\N	\N	\N	2025-01-02 05:37:31.686081+00
7	3	3	7	b18351574a302257faf34d0fd8951afc	4c3c8a4f3e0346f5b864b3b86fdc94d216980dc0ecc705e7756e693cff323601	{code,name,n}	{pg_catalog.text,pg_catalog.text,bigint}	{NULL,NULL,NULL}	{a1d5dac531467208bbd7048cb1ed88aa36e2e8ce86811598e184c5c8d5f0d845,329c22b12064dff10193e96e77bd6889084dddb8b91c20fd276dc558e0375a31,d054ac4c8f50679c221069fbae179b18f11a2c76ee8915c15e46ede645173df2}	f	{}	\N	\N	\N	2025-01-02 05:37:31.689926+00
8	1	1	8	35116d3fc3832ec55811ce66b9de8ecb	fd5e6e8c850fafa2ba2293c851479308c0f0c9e71264b0c56762a70f23243758	{id}	{integer}	{NULL}	{86ce05b0144b713e4ee4f140d4b68ae9d1fa105ca7a4740c5363b670cbf76802}	f	{}	\N	\N	\N	2025-01-02 05:37:31.690592+00
9	4	4	9	749d7c7c6335a7ae44948bb4493bd6c3	f307624b66b1a8d66c91d5dbb3801cfa7e8808aa9325f69f4dd55965ab5dc29a	{id,twice}	{integer,integer}	{NULL,NULL}	{60633701d85c12490fb9d1092a75e42d3f8b36bb86a460ccfae81d13f45f33eb,ef208c7b0c197b2ecd75e7d48b0c49171d437cd8dd141619ac1c4fd349ed6f84}	f	{"column \\"id\\"=1751b91729047c21","column \\"twice\\"=1618f95f595a3f3a",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=d388de26de6283fd,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70","ORDER BY=6e17ac78ec6e069b",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e}	\N	\N	\N	2025-01-02 05:37:31.690923+00
10	2	10	10	d8b3bb2a0e689bed10d435ee33dc0730	594ff5bbb2cc1d2e0e2b33bf7a6a0f0e3dd9ba3dbb0321f68611abb876736730	{id,amount,mood,at,more}	{integer,integer,raw.mood,"timestamp with time zone",integer}	{NULL,NULL,NULL,NULL,NULL}	{19c5eb61cb05767a90a9ef86cfcfbdb7f9d11e02fe089ad675425edf4292dfb3,d9baa52ed7278f00cbd97457f4e1490c3ad6655ce76fca0d2e40483f73eda41c,cc093e09417560ef2434a2266535a774efb33773419f9a4a25bf970e91d18b56,24776fb5fa05b606426ca3b01d09133ec5e4af576479646d2a2dd98f08473236,d6f6a38fbf7e713e777cee107f5a7c20f236b652fb40bade95093853b01e41fa}	f	{"column \\"id\\"=1751b91729047c21","column \\"amount\\"=d91a98f470b09c41","column \\"mood\\"=33203f26aa042d6d","column \\"at\\"=3c87bcbcb0e64cff","column \\"more\\"=cc918ee889bad2dd",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=5baf15fd32708c25,"JOIN condition=6e17ac78ec6e069b",WHERE=cdf933d0fb35dae1,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70",LIMIT=431e6ed15af89a70}	\N	\N	\N	2025-01-02 05:37:31.743904+00
11	6	6	11	9bb6989300062ac7b20f8ac48db06df4	ac44ece9f4afa877bff90500c7c4681fcf3a18d6427618de9a388956800749ce	{id,amount,mood,at,more,day}	{integer,integer,raw.mood,"timestamp with time zone",integer,pg_catalog.date}	{NULL,NULL,NULL,NULL,NULL,NULL}	{60633701d85c12490fb9d1092a75e42d3f8b36bb86a460ccfae81d13f45f33eb,d701cb5575df1aa186bf0afc3a87458ced457588eef96677b4bccfe143189564,ebceb70642488824742aa6c4e2cde9ea912892221ce86432ab2a6e8956c44cb2,edb048f16e37a9cf2648cf36b8a1de2d710ca2e1b10b89a08417e2b5a5c62045,7e461c78bfe77721096edaed5036390659c47db64aaf9e81229c14ac34226ba4,e7c2dd686915c4d94cfef0fe11ac1ffa61ce614ecb135e673d91e994cae7f20b}	f	{"column \\"id\\"=1751b91729047c21","column \\"amount\\"=d91a98f470b09c41","column \\"mood\\"=33203f26aa042d6d","column \\"at\\"=3c87bcbcb0e64cff","column \\"more\\"=2a2b89edcf74fb3a","column \\"day\\"=61fd72e72a22f2bf",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=d388de26de6283fd,"JOIN condition=6e17ac78ec6e069b",WHERE=6cae3224a31247e6,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70","ORDER BY=6e17ac78ec6e069b",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e}	\N	\N	\N	2025-01-02 05:37:31.747036+00
12	7	7	12	8ea6bc5f370a0fa101323bde4ad977ba	e080f0d2b0270fc0969f703ac22515f1da1c197a7e18d334b6755f62ea32c9e1	{day,total}	{pg_catalog.date,bigint}	{NULL,NULL}	{d2dd1cce928fb20cebb74a185f2daf4ddcf6c697a0abdc722f1021b2db1c7930,a76a494ea0919d32626b8d3f21510528c6612e8eb187b5c4833a8378a83e51b1}	f	{"column \\"day\\"=bee04e4be8cc0a17","column \\"total\\"=95bc13221595bc82",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=9eada4f69dae16f2,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=35b488a77d803de2",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e}	\N	\N	\N	2025-01-02 05:37:31.750839+00
13	9	9	13	91224320449aedfd2688cf919818ebe2	c3a295c5d94fe15967bdc197a806bc90cc504f6a33b4c0ca880b9d9bb7d8e9de	{total}	{bigint}	{NULL}	{06931431e2004a3c43add1a10102ba8f3467c5cef74c2a1b5a580253993a6568}	f	{"column \\"total\\"=0d6bc1f7a1cadec6",aggregation=no,"set operation=195110e0e7430f4a",FROM=c1f5524f6ad16e10,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70","ORDER BY=6e17ac78ec6e069b",LIMIT=431e6ed15af89a70}	\N	\N	\N	2025-01-02 05:37:31.752418+00
14	5	5	14	af27245c043076fa80de15fab32fa589	ff45da285bdfe95a20017e8aa2bc3b8e0e32b211a9eebebd84981e13abcb5393	{"Möod \\"x\\"",n,t}	{raw.mood,bigint,bigint}	{NULL,NULL,NULL}	{a774a4735bf70d4ea0a23bc473025b2b258434d1811c57523446cf619bc721f2,62a17c9c13a89e21324d54f4b9bfbb330c4d8ca84f3c2e873e22bb5dba580680,3e4bcca1d0e572e6171e8baee0068841d6db025133d0b8ca4fa14e61ee97e9d7}	f	{"column \\"Möod \\"x\\"\\"=d58f649bbf27548e","column \\"n\\"=ffd0387edcd6bf29","column \\"t\\"=35e8a2ed4eed3340",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=bbbfd09df9b7a068,"JOIN condition=96066dc76d433dde",WHERE=a684c5822c21d3e5,"GROUP BY=ab062afbe2834668",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e}	\N	\N	\N	2025-01-02 05:37:31.755016+00
15	8	8	15	6adfcb5e33e5cbc7fa88c1b548f73144	9d9cc88e42f523c8e8fa953167cf569fde561919e1b2f11a2e3ee95ba1c000d0	{id,mood,who}	{integer,raw.mood,pg_catalog.text}	{NULL,NULL,"pg_catalog.\\"C\\""}	{60633701d85c12490fb9d1092a75e42d3f8b36bb86a460ccfae81d13f45f33eb,ebceb70642488824742aa6c4e2cde9ea912892221ce86432ab2a6e8956c44cb2,5765dc274285759a3e6885e9833b614cfe0a911ade59890e9aa3e56b5f710486}	f	{"column \\"id\\"=1751b91729047c21","column \\"mood\\"=33203f26aa042d6d","column \\"who\\"=d0aea971b8f0f54b",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=d388de26de6283fd,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e,owner=t_upgrade_ana}	\N	\N	\N	2025-01-02 05:37:31.761525+00
16	4	4	16	749d7c7c6335a7ae44948bb4493bd6c3	9d9cc88e42f523c8e8fa953167cf569fde561919e1b2f11a2e3ee95ba1c000d0	{id,twice}	{integer,integer}	{NULL,NULL}	{60633701d85c12490fb9d1092a75e42d3f8b36bb86a460ccfae81d13f45f33eb,ef208c7b0c197b2ecd75e7d48b0c49171d437cd8dd141619ac1c4fd349ed6f84}	f	{"column \\"id\\"=1751b91729047c21","column \\"twice\\"=1618f95f595a3f3a",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=d388de26de6283fd,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70","ORDER BY=6e17ac78ec6e069b",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e}	\N	\N	\N	2025-01-02 05:37:31.762493+00
17	7	11	19	7b24faf0d44d8282e83a3227ca13faa2	9ddb1c3ade258cbbaea6205ff054013fcedc9e15221d24d73a68b63af0111ad0	{day,total,n}	{pg_catalog.date,bigint,bigint}	{NULL,NULL,NULL}	{d2dd1cce928fb20cebb74a185f2daf4ddcf6c697a0abdc722f1021b2db1c7930,a76a494ea0919d32626b8d3f21510528c6612e8eb187b5c4833a8378a83e51b1,62a17c9c13a89e21324d54f4b9bfbb330c4d8ca84f3c2e873e22bb5dba580680}	f	{"column \\"day\\"=bee04e4be8cc0a17","column \\"total\\"=95bc13221595bc82","column \\"n\\"=ffd0387edcd6bf29",aggregation=no,"set operation=6e17ac78ec6e069b",FROM=9eada4f69dae16f2,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=35b488a77d803de2",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70",LIMIT=431e6ed15af89a70,settings=c2137409cec8451e}	\N	\N	\N	2025-01-02 05:37:31.822438+00
18	9	9	20	91224320449aedfd2688cf919818ebe2	6475fd280fed3b0ac1434048f7f09b5f4428de6b2e97c6b9a37abb4199870917	{total}	{bigint}	{NULL}	{06931431e2004a3c43add1a10102ba8f3467c5cef74c2a1b5a580253993a6568}	f	{"column \\"total\\"=0d6bc1f7a1cadec6",aggregation=no,"set operation=195110e0e7430f4a",FROM=c1f5524f6ad16e10,"JOIN condition=6e17ac78ec6e069b",WHERE=d86ca0fe7fc9698b,"GROUP BY=6e17ac78ec6e069b",HAVING=c7bfea77e03f2786,DISTINCT=6e17ac78ec6e069b,"set-returning functions=431e6ed15af89a70","ORDER BY=6e17ac78ec6e069b",LIMIT=431e6ed15af89a70}	\N	\N	\N	2025-01-02 05:37:31.824206+00
\.


--
-- Data for Name: dependency; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.dependency (snapshot_id, class, identity, digest) FROM stdin;
1	relation	{raw,t}	22bbb76b211a39ba13e608bc156defed
1	columns	{raw,t}	64d0ce6ab5aa3c17c477325aa1048216
1	column	{raw,t,id}	0dc1867a640de403bd5115abc4531e5b
1	column	{raw,t,amount}	0dc1867a640de403bd5115abc4531e5b
1	column	{raw,t,mood}	a892c7d11f00656cd00618fdcdb6cad2
1	column	{raw,t,at}	986b663beeb60606a8f1888be0d22df0
1	type	{raw,mood}	3d0c4b15c6643216ece56599f0f499e2
2	type	{raw,mood}	3d0c4b15c6643216ece56599f0f499e2
5	type	{raw,mood}	3d0c4b15c6643216ece56599f0f499e2
6	type	{raw,mood}	3d0c4b15c6643216ece56599f0f499e2
9	function	{raw,twice,integer}	7eae2040f1c400c737cb6de9c9bb8338
10	relation	{raw,t}	22bbb76b211a39ba13e608bc156defed
10	columns	{raw,t}	64d0ce6ab5aa3c17c477325aa1048216
10	column	{raw,t,id}	0dc1867a640de403bd5115abc4531e5b
10	column	{raw,t,amount}	0dc1867a640de403bd5115abc4531e5b
10	column	{raw,t,mood}	a892c7d11f00656cd00618fdcdb6cad2
10	column	{raw,t,at}	986b663beeb60606a8f1888be0d22df0
10	type	{raw,mood}	3d0c4b15c6643216ece56599f0f499e2
11	type	{raw,mood}	3d0c4b15c6643216ece56599f0f499e2
14	type	{raw,mood}	3d0c4b15c6643216ece56599f0f499e2
15	type	{raw,mood}	3d0c4b15c6643216ece56599f0f499e2
16	function	{raw,twice,integer}	7eae2040f1c400c737cb6de9c9bb8338
\.


--
-- Data for Name: environment; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.environment (id, name, owner, base_id, created_by, created_at, expires_at, layer_complete) FROM stdin;
1	dev	t_upgrade_ana	\N	t_upgrade_ana	2025-01-02 05:37:31.637626+00	\N	t
2	prod	t_upgrade_ana	\N	t_upgrade_ana	2025-01-02 05:37:31.700852+00	\N	t
3	qa	t_upgrade_ana	2	t_upgrade_ana	2025-01-02 05:37:31.808905+00	\N	t
\.


--
-- Data for Name: deployment; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.deployment (id, environment_id, parent_id, action, source_environment, restores_id, plan, message, model_count, built_count, reused_count, deployed_by, deployed_at) FROM stdin;
1	1	\N	create	\N	\N	\N	\N	0	0	0	t_upgrade_ana	2025-01-02 05:37:31.637626+00
2	1	1	apply	\N	\N	3b497db025fb4ea0	\N	9	7	2	t_upgrade_ana	2025-01-02 05:37:31.691248+00
3	2	\N	create	\N	\N	\N	\N	0	0	0	t_upgrade_ana	2025-01-02 05:37:31.700852+00
4	2	3	promote	dev	\N	3b58d20eed2addc1	first	9	0	9	t_upgrade_ana	2025-01-02 05:37:31.710314+00
5	1	2	apply	\N	\N	ca9a47e9a9557b0b	\N	7	6	1	t_upgrade_ana	2025-01-02 05:37:31.762732+00
6	2	4	promote	dev	\N	424fd8a0f28f48fe	second	7	0	7	t_upgrade_ana	2025-01-02 05:37:31.776704+00
7	2	\N	rollback	\N	4	\N	\N	7	0	7	t_upgrade_ana	2025-01-02 05:37:31.78565+00
8	3	\N	create	\N	\N	\N	\N	9	0	9	t_upgrade_ana	2025-01-02 05:37:31.808905+00
9	3	8	apply	\N	\N	f6b122f8bc586f41	\N	2	2	0	t_upgrade_ana	2025-01-02 05:37:31.828835+00
\.


--
-- Data for Name: deployment_change; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.deployment_change (deployment_id, model_id, old_snapshot_id, new_snapshot_id) FROM stdin;
2	2	\N	1
2	6	\N	2
2	7	\N	3
2	9	\N	4
2	1	\N	8
2	4	\N	9
2	5	\N	5
2	8	\N	6
2	3	\N	7
4	2	\N	1
4	6	\N	2
4	7	\N	3
4	9	\N	4
4	1	\N	8
4	4	\N	9
4	5	\N	5
4	8	\N	6
4	3	\N	7
5	2	1	10
5	6	2	11
5	7	3	12
5	9	4	13
5	4	9	16
5	5	5	14
5	8	6	15
6	2	1	10
6	6	2	11
6	7	3	12
6	9	4	13
6	4	9	16
6	5	5	14
6	8	6	15
7	2	10	1
7	4	16	9
7	5	14	5
7	6	11	2
7	7	12	3
7	8	15	6
7	9	13	4
9	7	3	17
9	9	4	18
\.


--
-- Data for Name: draft; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.draft (environment_id, model_id, definition_id, drafted_by, drafted_at) FROM stdin;
3	11	13	t_upgrade_ana	2025-01-02 05:37:31.873321+00
3	9	\N	t_upgrade_ana	2025-01-02 05:37:31.873955+00
\.


--
-- Data for Name: environment_state; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.environment_state (environment_id, deployment_id) FROM stdin;
1	5
2	4
3	9
\.


--
-- Data for Name: kept; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.kept (environment_id, deployment_id, model_id, snapshot_id, parent_model_id, parent_version_id, would_be, because) FROM stdin;
\.


--
-- Data for Name: lineage; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.lineage (snapshot_id, edge, column_name, source_schema, source_name, source_is_model, source_column, location) FROM stdin;
1	1	id	raw	t	f	id	7
1	2	amount	raw	t	f	amount	11
1	3	mood	raw	t	f	mood	19
1	4	at	raw	t	f	at	25
2	1	id	shop	base	t	id	7
2	2	amount	shop	base	t	amount	7
2	3	mood	shop	base	t	mood	7
2	4	at	shop	base	t	at	7
2	5	day	shop	base	t	at	10
2	6	\N	shop	base	t	amount	47
3	1	day	shop	shown	t	day	7
3	2	total	shop	shown	t	amount	16
3	3	\N	shop	shown	t	day	7
4	1	total	mart	totals	t	total	7
5	1	Möod "x"	shop	base	t	mood	7
5	2	t	shop	inline	t	twice	49
5	3	\N	shop	base	t	amount	110
5	4	\N	shop	base	t	id	\N
5	5	\N	shop	base	t	mood	7
5	6	\N	shop	inline	t	id	\N
6	1	id	shop	base	t	id	7
6	2	mood	shop	base	t	mood	11
9	1	id	shop	base	t	id	7
9	2	twice	shop	base	t	amount	21
10	1	id	raw	t	f	id	7
10	2	amount	raw	t	f	amount	11
10	3	mood	raw	t	f	mood	19
10	4	at	raw	t	f	at	25
10	5	\N	raw	t	f	id	56
11	1	id	shop	base	t	id	7
11	2	amount	shop	base	t	amount	7
11	3	mood	shop	base	t	mood	7
11	4	at	shop	base	t	at	7
11	5	more	shop	base	t	more	7
11	6	day	shop	base	t	at	10
11	7	\N	shop	base	t	amount	47
12	1	day	shop	shown	t	day	7
12	2	total	shop	shown	t	amount	16
12	3	\N	shop	shown	t	day	7
13	1	total	mart	totals	t	total	7
14	1	Möod "x"	shop	base	t	mood	7
14	2	t	shop	inline	t	twice	49
14	3	\N	shop	base	t	amount	110
14	4	\N	shop	base	t	id	\N
14	5	\N	shop	base	t	mood	7
14	6	\N	shop	inline	t	id	\N
15	1	id	shop	base	t	id	7
15	2	mood	shop	base	t	mood	11
16	1	id	shop	base	t	id	7
16	2	twice	shop	base	t	amount	21
17	1	day	shop	shown	t	day	7
17	2	total	shop	shown	t	amount	16
17	3	\N	shop	shown	t	day	7
18	1	total	mart	totals	t	total	7
\.


--
-- Data for Name: merge_base; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.merge_base (source_id, target_id, model_id, deployment_id, snapshot_id, source_deployment_id) FROM stdin;
1	2	2	4	1	2
1	2	6	4	2	2
1	2	7	4	3	2
1	2	9	4	4	2
1	2	1	4	8	2
1	2	4	4	9	2
1	2	5	4	5	2
1	2	8	4	6	2
1	2	3	4	7	2
1	2	2	6	10	5
1	3	1	8	8	2
1	3	2	8	1	2
1	3	3	8	7	2
1	3	4	8	9	2
1	3	5	8	5	2
1	3	6	8	2	2
1	3	7	8	3	2
1	3	8	8	6	2
1	3	9	8	4	2
\.


--
-- Data for Name: overrule; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.overrule (environment_id, model_id, definition_id, over_definition_id, category, declared_hash, decided_by, decided_at) FROM stdin;
\.


--
-- Data for Name: pointer; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.pointer (environment_id, model_id, snapshot_id, base_snapshot_id) FROM stdin;
1	1	8	\N
1	3	7	\N
2	1	8	\N
2	3	7	\N
1	2	10	\N
1	6	11	\N
1	7	12	\N
1	9	13	\N
1	4	16	\N
1	5	14	\N
1	8	15	\N
2	2	1	\N
2	6	2	\N
2	7	3	\N
2	9	4	\N
2	4	9	\N
2	5	5	\N
2	8	6	\N
3	1	8	8
3	3	7	7
3	2	1	1
3	6	2	2
3	4	9	9
3	5	5	5
3	8	6	6
3	7	17	3
3	9	18	4
\.


--
-- Data for Name: snapshot_parent; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.snapshot_parent (snapshot_id, parent_model_id) FROM stdin;
2	2
3	6
4	7
5	4
5	2
6	2
9	2
11	2
12	6
13	7
14	4
14	2
15	2
16	2
17	6
18	7
\.


--
-- Data for Name: version_input; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.version_input (version_id, input_version_id, content_hash) FROM stdin;
3	1	5d395dd5e9cd45d4a92676f6db2223c6
5	1	5d395dd5e9cd45d4a92676f6db2223c6
12	10	007e3cd3f037a1ab7891449ed320b6cf
14	10	007e3cd3f037a1ab7891449ed320b6cf
15	10	007e3cd3f037a1ab7891449ed320b6cf
6	1	5d395dd5e9cd45d4a92676f6db2223c6
19	1	5d395dd5e9cd45d4a92676f6db2223c6
\.


--
-- Data for Name: virtual_schema; Type: TABLE DATA; Schema: vde; Owner: postgres
--

COPY vde.virtual_schema (schema_name, environment_id) FROM stdin;
shop__dev	1
mart__dev	1
shop	2
mart	2
mart__qa	3
shop__qa	3
\.


--
-- Data for Name: shop__Odd Näme__64d71228e93ba8b5; Type: TABLE DATA; Schema: vde_data; Owner: vde_storage
--

COPY vde_data."shop__Odd Näme__64d71228e93ba8b5" ("Möod ""x""", n, t) FROM stdin;
\N	6	24
sad	6	24
glad	6	24
\.


--
-- Data for Name: shop__Odd Näme__f213f40badf76cb3; Type: TABLE DATA; Schema: vde_data; Owner: vde_storage
--

COPY vde_data."shop__Odd Näme__f213f40badf76cb3" ("Möod ""x""", n, t) FROM stdin;
\N	5	20
sad	3	12
glad	4	16
\.


--
-- Data for Name: shop__base__14ea8fd26855c561; Type: TABLE DATA; Schema: vde_data; Owner: vde_storage
--

COPY vde_data.shop__base__14ea8fd26855c561 (id, amount, mood, at) FROM stdin;
1	2	sad	2024-01-02 12:00:00+00
2	3	glad	2024-01-03 12:00:00+00
3	4	\N	2024-01-04 12:00:00+00
4	5	sad	2024-01-01 12:00:00+00
5	1	glad	2024-01-02 12:00:00+00
6	2	\N	2024-01-03 12:00:00+00
7	3	sad	2024-01-04 12:00:00+00
8	4	glad	2024-01-01 12:00:00+00
9	5	\N	2024-01-02 12:00:00+00
10	1	sad	2024-01-03 12:00:00+00
11	2	glad	2024-01-04 12:00:00+00
12	3	\N	2024-01-01 12:00:00+00
13	4	sad	2024-01-02 12:00:00+00
14	5	glad	2024-01-03 12:00:00+00
15	1	\N	2024-01-04 12:00:00+00
16	2	sad	2024-01-01 12:00:00+00
17	3	glad	2024-01-02 12:00:00+00
18	4	\N	2024-01-03 12:00:00+00
19	5	sad	2024-01-04 12:00:00+00
20	1	glad	2024-01-01 12:00:00+00
21	2	\N	2024-01-02 12:00:00+00
22	3	sad	2024-01-03 12:00:00+00
23	4	glad	2024-01-04 12:00:00+00
24	5	\N	2024-01-01 12:00:00+00
25	1	sad	2024-01-02 12:00:00+00
26	2	glad	2024-01-03 12:00:00+00
27	3	\N	2024-01-04 12:00:00+00
28	4	sad	2024-01-01 12:00:00+00
29	5	glad	2024-01-02 12:00:00+00
30	1	\N	2024-01-03 12:00:00+00
\.


--
-- Data for Name: shop__base__d99129f6d3a4df94; Type: TABLE DATA; Schema: vde_data; Owner: vde_storage
--

COPY vde_data.shop__base__d99129f6d3a4df94 (id, amount, mood, at, more) FROM stdin;
11	2	glad	2024-01-04 12:00:00+00	1
12	3	\N	2024-01-01 12:00:00+00	1
13	4	sad	2024-01-02 12:00:00+00	1
14	5	glad	2024-01-03 12:00:00+00	1
15	1	\N	2024-01-04 12:00:00+00	1
16	2	sad	2024-01-01 12:00:00+00	1
17	3	glad	2024-01-02 12:00:00+00	1
18	4	\N	2024-01-03 12:00:00+00	1
19	5	sad	2024-01-04 12:00:00+00	1
20	1	glad	2024-01-01 12:00:00+00	1
21	2	\N	2024-01-02 12:00:00+00	1
22	3	sad	2024-01-03 12:00:00+00	1
23	4	glad	2024-01-04 12:00:00+00	1
24	5	\N	2024-01-01 12:00:00+00	1
25	1	sad	2024-01-02 12:00:00+00	1
26	2	glad	2024-01-03 12:00:00+00	1
27	3	\N	2024-01-04 12:00:00+00	1
28	4	sad	2024-01-01 12:00:00+00	1
29	5	glad	2024-01-02 12:00:00+00	1
30	1	\N	2024-01-03 12:00:00+00	1
\.


--
-- Data for Name: shop__parts__652daacd5d3a59c3_default; Type: TABLE DATA; Schema: vde_data; Owner: vde_storage
--

COPY vde_data.shop__parts__652daacd5d3a59c3_default (id, mood, who) FROM stdin;
20	glad	t_upgrade_ana
21	\N	t_upgrade_ana
22	sad	t_upgrade_ana
23	glad	t_upgrade_ana
24	\N	t_upgrade_ana
25	sad	t_upgrade_ana
26	glad	t_upgrade_ana
27	\N	t_upgrade_ana
28	sad	t_upgrade_ana
29	glad	t_upgrade_ana
30	\N	t_upgrade_ana
\.


--
-- Data for Name: shop__parts__652daacd5d3a59c3_p1; Type: TABLE DATA; Schema: vde_data; Owner: vde_storage
--

COPY vde_data.shop__parts__652daacd5d3a59c3_p1 (id, mood, who) FROM stdin;
11	glad	t_upgrade_ana
12	\N	t_upgrade_ana
13	sad	t_upgrade_ana
14	glad	t_upgrade_ana
15	\N	t_upgrade_ana
16	sad	t_upgrade_ana
17	glad	t_upgrade_ana
18	\N	t_upgrade_ana
19	sad	t_upgrade_ana
\.


--
-- Data for Name: shop__parts__7289a58c1943d307_default; Type: TABLE DATA; Schema: vde_data; Owner: vde_storage
--

COPY vde_data.shop__parts__7289a58c1943d307_default (id, mood, who) FROM stdin;
1	sad	t_upgrade_ana
2	glad	t_upgrade_ana
3	\N	t_upgrade_ana
4	sad	t_upgrade_ana
5	glad	t_upgrade_ana
6	\N	t_upgrade_ana
7	sad	t_upgrade_ana
8	glad	t_upgrade_ana
9	\N	t_upgrade_ana
20	glad	t_upgrade_ana
21	\N	t_upgrade_ana
22	sad	t_upgrade_ana
23	glad	t_upgrade_ana
24	\N	t_upgrade_ana
25	sad	t_upgrade_ana
26	glad	t_upgrade_ana
27	\N	t_upgrade_ana
28	sad	t_upgrade_ana
29	glad	t_upgrade_ana
30	\N	t_upgrade_ana
\.


--
-- Data for Name: shop__parts__7289a58c1943d307_p1; Type: TABLE DATA; Schema: vde_data; Owner: vde_storage
--

COPY vde_data.shop__parts__7289a58c1943d307_p1 (id, mood, who) FROM stdin;
10	sad	t_upgrade_ana
11	glad	t_upgrade_ana
12	\N	t_upgrade_ana
13	sad	t_upgrade_ana
14	glad	t_upgrade_ana
15	\N	t_upgrade_ana
16	sad	t_upgrade_ana
17	glad	t_upgrade_ana
18	\N	t_upgrade_ana
19	sad	t_upgrade_ana
\.


--
-- Data for Name: shop__seed__d64c300b707d58ba; Type: TABLE DATA; Schema: vde_data; Owner: vde_storage
--

COPY vde_data.shop__seed__d64c300b707d58ba (code, name, n) FROM stdin;
AT	Öster"reich	1
DE	\N	5
\.


--
-- Name: build_id_seq; Type: SEQUENCE SET; Schema: vde; Owner: postgres
--

SELECT pg_catalog.setval('vde.build_id_seq', 20, true);


--
-- Name: definition_id_seq; Type: SEQUENCE SET; Schema: vde; Owner: postgres
--

SELECT pg_catalog.setval('vde.definition_id_seq', 13, true);


--
-- Name: deployment_id_seq; Type: SEQUENCE SET; Schema: vde; Owner: postgres
--

SELECT pg_catalog.setval('vde.deployment_id_seq', 10, true);


--
-- Name: environment_id_seq; Type: SEQUENCE SET; Schema: vde; Owner: postgres
--

SELECT pg_catalog.setval('vde.environment_id_seq', 4, true);


--
-- Name: model_id_seq; Type: SEQUENCE SET; Schema: vde; Owner: postgres
--

SELECT pg_catalog.setval('vde.model_id_seq', 11, true);


--
-- Name: snapshot_id_seq; Type: SEQUENCE SET; Schema: vde; Owner: postgres
--

SELECT pg_catalog.setval('vde.snapshot_id_seq', 18, true);


--
-- Name: version_id_seq; Type: SEQUENCE SET; Schema: vde; Owner: postgres
--

SELECT pg_catalog.setval('vde.version_id_seq', 20, true);


--
-- Name: shop__base__14ea8fd26855c561 shop__base__14ea8fd26855c561_pkey; Type: CONSTRAINT; Schema: vde_data; Owner: vde_storage
--

ALTER TABLE ONLY vde_data.shop__base__14ea8fd26855c561
    ADD CONSTRAINT shop__base__14ea8fd26855c561_pkey PRIMARY KEY (id);


--
-- Name: shop__base__d99129f6d3a4df94 shop__base__d99129f6d3a4df94_pkey; Type: CONSTRAINT; Schema: vde_data; Owner: vde_storage
--

ALTER TABLE ONLY vde_data.shop__base__d99129f6d3a4df94
    ADD CONSTRAINT shop__base__d99129f6d3a4df94_pkey PRIMARY KEY (id);


--
-- Name: mart__totals__aaf54d57c453b974_1_idx; Type: INDEX; Schema: vde_data; Owner: t_upgrade_ana
--

CREATE UNIQUE INDEX mart__totals__aaf54d57c453b974_1_idx ON vde_data.mart__totals__aaf54d57c453b974 USING btree (day);


--
-- Name: mart__totals__d5494487456950e5_1_idx; Type: INDEX; Schema: vde_data; Owner: t_upgrade_ana
--

CREATE UNIQUE INDEX mart__totals__d5494487456950e5_1_idx ON vde_data.mart__totals__d5494487456950e5 USING btree (day);


--
-- Name: shop__base__14ea8fd26855c561_1_idx; Type: INDEX; Schema: vde_data; Owner: vde_storage
--

CREATE INDEX shop__base__14ea8fd26855c561_1_idx ON vde_data.shop__base__14ea8fd26855c561 USING btree (amount, mood);


--
-- Name: shop__parts__652daacd5d3a59c3_1_idx; Type: INDEX; Schema: vde_data; Owner: vde_storage
--

CREATE INDEX shop__parts__652daacd5d3a59c3_1_idx ON ONLY vde_data.shop__parts__652daacd5d3a59c3 USING btree (mood);


--
-- Name: shop__parts__652daacd5d3a59c3_default_mood_idx; Type: INDEX; Schema: vde_data; Owner: vde_storage
--

CREATE INDEX shop__parts__652daacd5d3a59c3_default_mood_idx ON vde_data.shop__parts__652daacd5d3a59c3_default USING btree (mood);


--
-- Name: shop__parts__652daacd5d3a59c3_p1_mood_idx; Type: INDEX; Schema: vde_data; Owner: vde_storage
--

CREATE INDEX shop__parts__652daacd5d3a59c3_p1_mood_idx ON vde_data.shop__parts__652daacd5d3a59c3_p1 USING btree (mood);


--
-- Name: shop__parts__7289a58c1943d307_1_idx; Type: INDEX; Schema: vde_data; Owner: vde_storage
--

CREATE INDEX shop__parts__7289a58c1943d307_1_idx ON ONLY vde_data.shop__parts__7289a58c1943d307 USING btree (mood);


--
-- Name: shop__parts__7289a58c1943d307_default_mood_idx; Type: INDEX; Schema: vde_data; Owner: vde_storage
--

CREATE INDEX shop__parts__7289a58c1943d307_default_mood_idx ON vde_data.shop__parts__7289a58c1943d307_default USING btree (mood);


--
-- Name: shop__parts__7289a58c1943d307_p1_mood_idx; Type: INDEX; Schema: vde_data; Owner: vde_storage
--

CREATE INDEX shop__parts__7289a58c1943d307_p1_mood_idx ON vde_data.shop__parts__7289a58c1943d307_p1 USING btree (mood);


--
-- Name: shop__parts__652daacd5d3a59c3_default_mood_idx; Type: INDEX ATTACH; Schema: vde_data; Owner: vde_storage
--

ALTER INDEX vde_data.shop__parts__652daacd5d3a59c3_1_idx ATTACH PARTITION vde_data.shop__parts__652daacd5d3a59c3_default_mood_idx;


--
-- Name: shop__parts__652daacd5d3a59c3_p1_mood_idx; Type: INDEX ATTACH; Schema: vde_data; Owner: vde_storage
--

ALTER INDEX vde_data.shop__parts__652daacd5d3a59c3_1_idx ATTACH PARTITION vde_data.shop__parts__652daacd5d3a59c3_p1_mood_idx;


--
-- Name: shop__parts__7289a58c1943d307_default_mood_idx; Type: INDEX ATTACH; Schema: vde_data; Owner: vde_storage
--

ALTER INDEX vde_data.shop__parts__7289a58c1943d307_1_idx ATTACH PARTITION vde_data.shop__parts__7289a58c1943d307_default_mood_idx;


--
-- Name: shop__parts__7289a58c1943d307_p1_mood_idx; Type: INDEX ATTACH; Schema: vde_data; Owner: vde_storage
--

ALTER INDEX vde_data.shop__parts__7289a58c1943d307_1_idx ATTACH PARTITION vde_data.shop__parts__7289a58c1943d307_p1_mood_idx;


--
-- Name: SCHEMA ext; Type: ACL; Schema: -; Owner: postgres
--

GRANT USAGE ON SCHEMA ext TO PUBLIC;


--
-- Name: SCHEMA mart; Type: ACL; Schema: -; Owner: t_upgrade_ana
--

GRANT USAGE ON SCHEMA mart TO t_upgrade_reader;


--
-- Name: SCHEMA raw; Type: ACL; Schema: -; Owner: postgres
--

GRANT USAGE ON SCHEMA raw TO t_upgrade_ana;


--
-- Name: SCHEMA shop; Type: ACL; Schema: -; Owner: t_upgrade_ana
--

GRANT USAGE ON SCHEMA shop TO t_upgrade_reader;


--
-- Name: TABLE shop__base__14ea8fd26855c561; Type: ACL; Schema: vde_data; Owner: vde_storage
--

GRANT SELECT ON TABLE vde_data.shop__base__14ea8fd26855c561 TO t_upgrade_ana;


--
-- Name: TABLE totals; Type: ACL; Schema: mart; Owner: t_upgrade_ana
--

GRANT SELECT ON TABLE mart.totals TO t_upgrade_reader;


--
-- Name: TABLE shop__base__d99129f6d3a4df94; Type: ACL; Schema: vde_data; Owner: vde_storage
--

GRANT SELECT ON TABLE vde_data.shop__base__d99129f6d3a4df94 TO t_upgrade_ana;


--
-- Name: TABLE t; Type: ACL; Schema: raw; Owner: postgres
--

GRANT SELECT ON TABLE raw.t TO t_upgrade_ana;


--
-- Name: TABLE "shop__Odd Näme__64d71228e93ba8b5"; Type: ACL; Schema: vde_data; Owner: vde_storage
--

GRANT SELECT ON TABLE vde_data."shop__Odd Näme__64d71228e93ba8b5" TO t_upgrade_ana;


--
-- Name: TABLE base; Type: ACL; Schema: shop; Owner: t_upgrade_ana
--

GRANT SELECT ON TABLE shop.base TO t_upgrade_reader;


--
-- Name: TABLE shop__parts__7289a58c1943d307; Type: ACL; Schema: vde_data; Owner: vde_storage
--

GRANT SELECT ON TABLE vde_data.shop__parts__7289a58c1943d307 TO t_upgrade_ana;


--
-- Name: TABLE shop__seed__d64c300b707d58ba; Type: ACL; Schema: vde_data; Owner: vde_storage
--

GRANT SELECT ON TABLE vde_data.shop__seed__d64c300b707d58ba TO t_upgrade_ana;


--
-- Name: TABLE "shop__Odd Näme__f213f40badf76cb3"; Type: ACL; Schema: vde_data; Owner: vde_storage
--

GRANT SELECT ON TABLE vde_data."shop__Odd Näme__f213f40badf76cb3" TO t_upgrade_ana;


--
-- Name: TABLE shop__parts__652daacd5d3a59c3; Type: ACL; Schema: vde_data; Owner: vde_storage
--

GRANT SELECT ON TABLE vde_data.shop__parts__652daacd5d3a59c3 TO t_upgrade_ana;


--
-- Name: mart__totals__a2e98af7b64e54f2; Type: MATERIALIZED VIEW DATA; Schema: vde_data; Owner: t_upgrade_ana
--

REFRESH MATERIALIZED VIEW vde_data.mart__totals__a2e98af7b64e54f2;


--
-- Name: mart__totals__aaf54d57c453b974; Type: MATERIALIZED VIEW DATA; Schema: vde_data; Owner: t_upgrade_ana
--

REFRESH MATERIALIZED VIEW vde_data.mart__totals__aaf54d57c453b974;


--
-- Name: mart__totals__d5494487456950e5; Type: MATERIALIZED VIEW DATA; Schema: vde_data; Owner: t_upgrade_ana
--

REFRESH MATERIALIZED VIEW vde_data.mart__totals__d5494487456950e5;


--
-- PostgreSQL database dump complete
--


