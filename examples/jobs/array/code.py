"""One program, run once for each index of nias.toml: how the error of a Monte Carlo estimate shrinks with the samples."""
import csv
import math
import os
import random

index = int(os.environ["NIAS_ARRAY_INDEX"])
samples = 10 ** index
random.seed(index)
inside = sum(random.random() ** 2 + random.random() ** 2 <= 1 for _ in range(samples))
estimate = 4 * inside / samples
print(f"member {index}: {samples} samples, pi is about {estimate:.6f}, off by {abs(estimate - math.pi):.6f}")

os.makedirs("output", exist_ok=True)
with open("output/pi.csv", "w", newline="", encoding="utf-8") as out:
    table = csv.writer(out)
    table.writerow(["samples", "estimate", "error"])
    table.writerow([samples, estimate, abs(estimate - math.pi)])
