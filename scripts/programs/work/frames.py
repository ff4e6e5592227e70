"""pandas: tables read, grouped, joined, reshaped and written."""
import hashlib
import io

import numpy as np
import pandas as pd

n = 60_000
frame = pd.DataFrame({
    "id": np.arange(n), "kind": [f"kind{i * 7919 % 97}" for i in range(n)], "size": np.arange(n) * 31 % 10007,
    "note": ["x" * (i % 40) for i in range(n)], "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(n), "h"),
})
text = frame.to_csv(index=False)
again = pd.read_csv(io.StringIO(text), parse_dates=["when"], keep_default_na=False)
pd.testing.assert_frame_equal(frame, again)
print(len(text), hashlib.sha256(text.encode()).hexdigest())
totals = frame.groupby("kind").agg({"size": ["sum", "mean", "max"], "note": "nunique"})
print(hashlib.sha256(totals.to_csv().encode()).hexdigest())
joined = frame.merge(frame[::50], on="size", suffixes=("", "_other"))
print(len(joined), joined["id"].sum(), joined["note"].str.len().sum())
wide = frame.assign(month=frame["when"].dt.month)
wide = wide.pivot_table(index="kind", columns="month", values="size", aggfunc="sum")
print(wide.shape, int(wide.to_numpy().sum()))
monthly = frame.set_index("when")["size"].resample("M").mean().rolling(3).mean().dropna()
print(f"{monthly.sum():.6f}", frame["note"].astype("category").cat.codes.sum())
rows = [frame.iloc[i % n:i % n + 5].copy() for i in range(0, 3000)]
print(len(pd.concat(rows, ignore_index=True)), frame.to_json(orient="records").count("kind7"))
