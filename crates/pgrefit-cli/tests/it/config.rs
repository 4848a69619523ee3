//! `pgrefit.toml`, its variables, `config show`.
