-- It costs about six times as much (bitmap and sort: 2.5 µs a row, key order: .43 µs): f/(page/f) break even at f = sqrt(page/rows/6).
select 0.01 < 0.4 * sqrt(20 / 100000.0) as "1 % of 100,000 rows: sparse";
