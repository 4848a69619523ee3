//! Names every Prometheus metric of pgrefit.
