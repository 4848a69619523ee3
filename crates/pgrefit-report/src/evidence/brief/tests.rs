//! The short forms as they read, and what hostile text does to them.

use expect_test::expect;

use super::{render_evidence_markdown, render_evidence_text};
use crate::TextOptions;
use crate::evidence::sample;

const PLAIN: TextOptions = TextOptions { color: false, width: 100, verbose: false };

#[test]
fn a_refused_run_in_a_terminal() {
    expect![[r"
        shop as migrator at db-1.shop.example:5432, PostgreSQL 17.4

        Run          20260314T092653Z-7f3a91
        Environment  production

        Pipeline
          Stage          Status    Took  Summary
          plan           pass    184 ms  3 of 9 files are pending
          lint           warn    126 ms  1 warning in 3 files
          preflight      pass     1.3 s  nobody holds a lock for longer than 0.2 s; replicas are 40 ms behi…
          backup         pass         –  3.4 GiB in 212 tables; reused: 5f0c9d1b, made 6 h 12 min earlier
          verify-backup  pass         –  212 tables compared; reused: 90aa71d4, made 6 h 04 min earlier
          rehearse       fail    52.3 s  others are kept out for 3.1 s, of 500 ms
          gate           fail     41 ms  the backup is too old; the longest lock is over the limit
          apply          skip         –  skipped: the gate refused
          verify         skip         –  skipped: the gate refused
          record         pass     67 ms  evidence written

        Checklist
          Status  Requirement                               Measurement
          fail    Verified backup exists                    6 h 12 min old, of 4 h
          warn    Restore compared row by row               211 of 212 tables compared
          blind   Rehearsed on a fresh production snapshot  not measured: the copy is of a snapshot that is…
          fail    Longest lock predicted within the limit   3111 ms on public.orders, of 500 ms
          blind   Longest lock actual within the limit      not measured: the run did not come to it
          blind   Zero failed transactions                  not measured: the run did not come to it
          blind   No row lost or changed unannounced        not measured: the run did not come to it
          blind   Schema equals expectation                 not measured: the run did not come to it
          blind   Constraints valid                         not measured: the run did not come to it
          blind   Indexes valid                             not measured: the run did not come to it
          blind   Sequences ahead of keys                   not measured: the run did not come to it
          blind   Statistics fresh                          not measured: the run did not come to it
          blind   Privileges unchanged                      not measured: the run did not come to it
          blind   Queries within budget                     not measured: the run did not come to it
          blind   Plans not flipped                         not measured: the run did not come to it
          blind   History recorded                          not measured: the run did not come to it
          blind   Rollback documented                       not measured: the run did not come to it

        Longest locks
          Step                                             Predicted  Actual   Limit
          V8__orders_to_depots, step 2, transaction            3.1 s       –  500 ms
          V7__add_delivery_to_orders, step 1, transaction      61 ms       –  500 ms

        fail: refused: 2 of 4 proofs were not taken; the live database is unchanged (54.2 s)
        next: Validate the constraint in a file of its own, without the statement before it
        next: Run pgrefit migrate again: it takes a new backup
    "]]
    .assert_eq(&render_evidence_text(&sample::refused(), &PLAIN));
}

#[test]
fn a_failed_verification_in_a_pull_request() {
    expect![[r"
        ## pgrefit migrate: fail

        applied, but 2 checks failed: statistics, open orders of a depot (9 min 28 s, exit code 15)

        shop as migrator at db-1.shop.example:5432, PostgreSQL 17.4

        |  |  |
        | --- | --- |
        | Run | 20260314T092653Z-7f3a91 |
        | Environment | production |

        ### Checklist

        | Status | Requirement | Number | Measurement |
        | --- | --- | ---: | --- |
        | pass | Verified backup exists | 3.4 GiB | 3.4 GiB, manifest whole, 5 min old at the gate |
        | pass | Restore compared row by row | 212 | 212 tables and 48 118 204 rows have the same digest |
        | pass | Rehearsed on a fresh production snapshot | 8 min 42 s | 5 steps on a copy of 2C/8F0012A8, 8 min 42 s before the live run |
        | pass | Longest lock predicted within the limit | 61 ms | 61 ms on public.orders, of 500 ms |
        | pass | Longest lock actual within the limit | 74 ms | 74 ms on public.orders, of 500 ms |
        | pass | Zero failed transactions | 0 | 0 of 8574 transactions failed |
        | pass | No row lost or changed unannounced | 0 | 211 tables unchanged, 1 changed as announced |
        | pass | Schema equals expectation | 0 | 0 differences in 1874 objects |
        | pass | Constraints valid | 0 | 0 of 311 are not validated |
        | pass | Indexes valid | 0 | 0 of 605 are invalid |
        | pass | Sequences ahead of keys | 98 | 98 of 98 are ahead of their keys |
        | fail | Statistics fresh | 1 | 1 of 2 changed tables was analyzed |
        | pass | Privileges unchanged | 0 | 0 of 1204 grants differ |
        | fail | Queries within budget | 353 % | 11 of 12; one uses 353 % of its budget |
        | fail | Plans not flipped | 1 | 1 of 12 plans is worse |
        | pass | History recorded | 3 | 3 rows, versions 7 to 9 |
        | pass | Rollback documented | 3 | 3 of 3 files say how to go back |

        ### Longest locks

        | Step | Predicted | Actual | Limit |
        | --- | ---: | ---: | ---: |
        | V7\_\_add\_delivery\_to\_orders, step 1, transaction | 61 ms | 74 ms | 500 ms |
        | V8\_\_orders\_to\_depots, step 1, transaction | 7 ms | 11 ms | 500 ms |

        ### Traffic

        | During | Workload | Completed | Failed | p99 (ms) | Longest (ms) |
        | --- | --- | ---: | ---: | ---: | ---: |
        | rehearse | orders, 200 transactions a second | 8574 | 0 | 8.40 | 91.00 |
        | apply | orders, 200 transactions a second | 8574 | 0 | 8.40 | 91.00 |

        <details><summary>Roll-forward draft</summary>

        ```sql
        -- Statistics of what was backfilled.
        ANALYZE public.orders;

        -- The index that the query used before.
        CREATE INDEX CONCURRENTLY orders_open_idx ON public.orders (depot_id) WHERE delivery = 'waiting';
        ```

        </details>

        ### What to do next

        - Read the roll-forward draft, and run it as V10
        - Run pgrefit verify again

        ### More

        - [the page](evidence.html)
        - [the job](https://ci.shop.example/jobs/4711)
    "]].assert_eq(&render_evidence_markdown(&sample::unverified()));
}

#[test]
fn hostile_text_steers_nothing() {
    let text = render_evidence_text(&sample::hostile(), &PLAIN);
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\0']), "{text}");
    let markdown = render_evidence_markdown(&sample::hostile());
    assert!(!markdown.contains(['\u{1b}', '\u{202e}', '\0']), "{markdown}");
    let (before, after) = markdown.split_once("```sql").unwrap();
    let (_, after) = after.split_once("\n```\n").unwrap();
    for part in [before, after] {
        assert!(
            !part.contains("<script>") && !part.contains("](javascript") && !part.contains("[a](b)"),
            "{part}"
        );
    }
}

#[test]
fn both_forms_know_every_run() {
    for (name, evidence) in sample::all() {
        let (text, markdown) = (render_evidence_text(&evidence, &PLAIN), render_evidence_markdown(&evidence));
        let title = "Rollback documented";
        assert!(text.contains(title) && markdown.contains(title), "{name}");
        assert!(text.ends_with('\n') && markdown.ends_with('\n'), "{name}");
        let narrow = TextOptions { width: 60, ..PLAIN };
        assert!(render_evidence_text(&evidence, &narrow).contains("Checklist"), "{name}");
    }
}
