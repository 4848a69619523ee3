//! `ALTER TABLE` and its relatives, action by action. The strongest action decides for the whole statement.
//!
//! Source: `AlterTableGetLockLevel` of PostgreSQL's `tablecmds.c`, and the reference page of `ALTER TABLE`.

use squawk_syntax::ast::{self, AlterTableAction as Action, AstNode, DetachPartitionOption, Stmt};

use super::{Effect, Lock, LockMode, Reach, Relation, alter_column, constraint, names};

/// The table of an `ALTER TABLE` statement.
pub(super) struct Target {
    pub(super) table: Relation,
    pub(super) server_major: u32,
    only: bool,
}

/// Adds what a statement with table actions does; says whether it is one.
pub(super) fn of(statement: &Stmt, server_major: u32, effect: &mut Effect) -> bool {
    let target = |node: &dyn Fn() -> Option<(Relation, bool)>| {
        node().map(|(table, only)| Target { table, server_major, only })
    };
    match statement {
        Stmt::AlterTable(alter) => {
            let name = || named(alter.table_relation_name());
            run(target(&name), alter.actions(), effect);
        }
        Stmt::AlterForeignTable(alter) => {
            let name = || named(alter.table_relation_name());
            run(target(&name), alter.actions(), effect);
        }
        Stmt::AlterMaterializedView(alter) => {
            let name = || alter.view_ref().and_then(|view| names::table(&view)).map(|view| (view, true));
            let actions = alter.action().filter_map(|action| match action {
                ast::AlterMaterializedViewAction::AlterTableAction(action) => Some(action),
                action => Action::cast(action.syntax().clone()),
            });
            // What is no table action, such as `RENAME`, takes the strongest lock as well.
            let target = target(&name);
            if alter.action().any(|action| Action::cast(action.syntax().clone()).is_none()) {
                effect.take(
                    target.as_ref().map(|it| it.table.clone()),
                    LockMode::AccessExclusive,
                    Reach::Named,
                );
            }
            run(target, actions, effect);
        }
        _ => return false,
    }
    true
}

fn named(name: Option<ast::TableRelationName>) -> Option<(Relation, bool)> {
    let name = name?;
    Some((names::table(&name)?, name.only_token().is_some()))
}

fn run(target: Option<Target>, actions: impl Iterator<Item = Action>, effect: &mut Effect) {
    let Some(target) = target else { return };
    for action in actions {
        target.act(&action, effect);
    }
    // A foreign key that is dropped and added in one statement: its partner is locked as for dropping.
    let drops = |lock: &Lock| {
        lock.relation == target.table
            && lock.mode == LockMode::AccessExclusive
            && lock.reach.reaches_partners()
    };
    if effect.locks.iter().any(drops) {
        for partner in effect.locks.iter_mut().filter(|lock| lock.mode == LockMode::ShareRowExclusive) {
            partner.mode = LockMode::AccessExclusive;
        }
    }
}

impl Target {
    /// Locks the table itself.
    pub(super) fn lock(&self, mode: LockMode, reach: Reach, effect: &mut Effect) {
        effect.take(Some(self.table.clone()), mode, reach.only(self.only));
    }

    pub(super) fn rewrite(&self, effect: &mut Effect) {
        effect.rewrite(Some(self.table.clone()));
    }

    pub(super) fn scan(&self, effect: &mut Effect) {
        effect.scan(Some(self.table.clone()));
    }

    fn act(&self, action: &Action, effect: &mut Effect) {
        let (mode, reach) = strength(action);
        self.lock(mode, reach, effect);
        match action {
            Action::AddColumn(column) => alter_column::add(column, self, effect),
            Action::AlterColumn(column) => alter_column::alter(column, self, effect),
            Action::AddConstraint(added) => {
                if let Some(added) = added.constraint() {
                    constraint::add(&added, self, effect);
                }
            }
            Action::AlterConstraint(altered)
                if altered
                    .constraint_options()
                    .any(|option| matches!(option, ast::ConstraintOption::Enforced(_))) =>
            {
                self.scan(effect);
            }
            Action::ValidateConstraint(_) => self.scan(effect),
            Action::AttachPartition(attach) => {
                let partition = attach.table_name_ref().and_then(|name| names::table(&name));
                effect.take(partition.clone(), LockMode::AccessExclusive, Reach::Both);
                effect.scan(partition);
            }
            Action::DetachPartition(detach) => {
                let partition = detach.table_name_ref().and_then(|name| names::table(&name));
                effect.take(partition, LockMode::AccessExclusive, Reach::Both);
            }
            Action::MergePartitions(merge) => {
                for partition in
                    merge.table_name_ref_list().into_iter().flat_map(|list| list.table_name_refs())
                {
                    effect.take(names::table(&partition), LockMode::AccessExclusive, Reach::Named);
                    effect.scan(names::table(&partition));
                }
            }
            Action::SplitPartition(split) => {
                let partition = split.table_name_ref().and_then(|name| names::table(&name));
                effect.take(partition.clone(), LockMode::AccessExclusive, Reach::Named);
                effect.scan(partition);
            }
            Action::InheritTable(parent) => {
                effect.take(names::table(parent), LockMode::ShareUpdateExclusive, Reach::Named);
            }
            Action::NoInheritTable(parent) => {
                effect.take(names::table(parent), LockMode::AccessShare, Reach::Named);
            }
            Action::SetTablespace(_)
            | Action::SetAccessMethod(_)
            | Action::SetLogged(_)
            | Action::SetUnlogged(_) => {
                self.rewrite(effect);
            }
            _ => {}
        }
    }
}

/// The lock on the table itself.
fn strength(action: &Action) -> (LockMode, Reach) {
    match action {
        Action::EnableTrigger(_)
        | Action::EnableReplicaTrigger(_)
        | Action::EnableAlwaysTrigger(_)
        | Action::DisableTrigger(_) => (LockMode::ShareRowExclusive, Reach::Partitions),
        Action::ClusterOn(_) | Action::SetWithoutCluster(_) => (LockMode::ShareUpdateExclusive, Reach::Named),
        // `ATTACH`: also the default partition, and the partners of foreign keys that the partition gets.
        Action::ValidateConstraint(_) | Action::AttachPartition(_) => {
            (LockMode::ShareUpdateExclusive, Reach::Both)
        }
        Action::DetachPartition(detach) => match detach.detach_partition_option() {
            Some(DetachPartitionOption::DetachConcurrently(_) | DetachPartitionOption::DetachFinalize(_)) => {
                (LockMode::ShareUpdateExclusive, Reach::Named)
            }
            None => (LockMode::AccessExclusive, Reach::Both),
        },
        Action::AddConstraint(added) => {
            added.constraint().map_or((LockMode::AccessExclusive, Reach::Both), |c| constraint::strength(&c))
        }
        Action::AlterColumn(column) => alter_column::strength(column),
        Action::SetOptions(options) => (options_mode(options.attribute_list()), Reach::Named),
        Action::ResetOptions(options) => (options_mode(options.attribute_list()), Reach::Named),
        Action::DropConstraint(_) | Action::DropColumn(_) | Action::AlterConstraint(_) => {
            (LockMode::AccessExclusive, Reach::Both)
        }
        Action::AddColumn(_) | Action::RenameColumn(_) | Action::RenameConstraint(_) => {
            (LockMode::AccessExclusive, Reach::Partitions)
        }
        Action::SetLogged(_) | Action::SetUnlogged(_) => (LockMode::AccessExclusive, Reach::Partners),
        _ => (LockMode::AccessExclusive, Reach::Named),
    }
}

/// Storage parameters that the server changes under `SHARE UPDATE EXCLUSIVE`; others need the strongest lock.
const LIGHT_OPTIONS: [&str; 12] = [
    "deduplicate_items",
    "effective_io_concurrency",
    "fillfactor",
    "log_autovacuum_min_duration",
    "maintenance_io_concurrency",
    "n_distinct",
    "n_distinct_inherited",
    "parallel_workers",
    "seq_page_cost",
    "toast_tuple_target",
    "vacuum_index_cleanup",
    "vacuum_truncate",
];

/// The lock for setting storage parameters.
pub(super) fn options_mode(list: Option<ast::AttributeList>) -> LockMode {
    let light = |option: &ast::AttributeOption| {
        option.name().is_some_and(|name| {
            let name = name.syntax().text().to_string().to_ascii_lowercase();
            name.starts_with("autovacuum_")
                || name == "vacuum_max_eager_freeze_failure_rate"
                || LIGHT_OPTIONS.contains(&name.as_str())
        })
    };
    let all_light = list.is_some_and(|list| list.attribute_options().all(|option| light(&option)));
    if all_light { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive }
}
