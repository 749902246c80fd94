"""Heart-rate variability of a real electrocardiogram.

The recording is the excerpt of record 208 of the MIT-BIH Arrhythmia Database (360 Hz, five minutes) that
SciPy carries. R peaks are found in the manner of Pan and Tompkins (IEEE Trans. Biomed. Eng. 32, 1985):
band-pass, derivative, square, moving integration, then a threshold. The spectrum is Welch's, of the
intervals resampled at 4 Hz (Task Force of the ESC and NASPE, Circulation 93, 1996).
"""
import csv
import os
import warnings

import matplotlib.pyplot as plt
import numpy as np
from scipy import signal
from scipy.integrate import trapezoid

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # later SciPy versions carry it under another name
    from scipy.misc import electrocardiogram
    ECG_MV = electrocardiogram()

RATE_HZ = 360
BANDS_HZ = {"LF": (0.04, 0.15), "HF": (0.15, 0.40)}
TEAL, RED, GREY = "#0f766e", "#dc2626", "#64748b"


def progress(fraction, words):
    print(f"{fraction:4.0%}  {words}", flush=True)
    if "NIAS_PROGRESS" in os.environ:
        with open(os.environ["NIAS_PROGRESS"], "w", encoding="utf-8") as out:
            out.write(f"{fraction} {words}\n")


def find_r_peaks(ecg):
    """Sample numbers of the R peaks."""
    band = signal.butter(2, (5, 15), "bandpass", fs=RATE_HZ, output="sos")
    slope = np.gradient(signal.sosfiltfilt(band, ecg)) ** 2
    width = int(0.150 * RATE_HZ)
    energy = np.convolve(slope, np.ones(width) / width, mode="same")
    beats, _ = signal.find_peaks(energy, height=0.10 * np.quantile(energy, 0.98), distance=int(0.25 * RATE_HZ))
    half = int(0.10 * RATE_HZ)
    peaks = [max(0, b - half) + int(np.argmax(ecg[max(0, b - half):b + half])) for b in beats]
    return np.unique(peaks)


def normal_intervals(peaks):
    """Times (s) and lengths (ms) of the intervals, without those that jump by more than a fifth from the local median."""
    times, intervals = peaks[1:] / RATE_HZ, np.diff(peaks) / RATE_HZ * 1000
    local = signal.medfilt(intervals, 11)
    good = np.abs(intervals - local) < 0.2 * local
    return times[good], intervals[good]


def spectrum(times, intervals):
    even = np.arange(times[0], times[-1], 0.25)
    resampled = signal.detrend(np.interp(even, times, intervals))
    return signal.welch(resampled, fs=4, nperseg=min(256, len(resampled)))


def draw(peaks, times, intervals, frequencies, density):
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": GREY})
    figure, axes = plt.subplots(3, 1, figsize=(10, 9), layout="constrained")
    figure.suptitle("MIT-BIH record 208: R peaks and heart-rate variability", fontsize=14, fontweight="bold")
    clock = np.arange(len(ECG_MV)) / RATE_HZ
    shown = clock < 10
    axes[0].plot(clock[shown], ECG_MV[shown], color=TEAL, linewidth=1)
    first = peaks[peaks < 10 * RATE_HZ]
    axes[0].plot(first / RATE_HZ, ECG_MV[first], "o", color=RED, markersize=6, label="R peak")
    axes[0].set(xlabel="time (s)", ylabel="ECG (mV)", title="first ten seconds", xlim=(0, 10))
    axes[0].legend(frameon=False, loc="upper right")
    axes[1].plot(times, 60000 / intervals, ".-", color=TEAL, markersize=4, linewidth=0.8)
    axes[1].set(xlabel="time (s)", ylabel="heart rate (1/min)", title="from beat to beat", xlim=(0, clock[-1]))
    axes[2].plot(frequencies, density, color=GREY, linewidth=1)
    for (name, (low, high)), colour in zip(BANDS_HZ.items(), (TEAL, RED)):
        inside = (frequencies >= low) & (frequencies <= high)
        axes[2].fill_between(frequencies[inside], density[inside], color=colour, alpha=0.35, label=f"{name} {low}–{high} Hz")
    axes[2].set(xlabel="frequency (Hz)", ylabel="density (ms²/Hz)", title="spectrum of the intervals", xlim=(0, 0.5), ylim=(0, None))
    axes[2].legend(frameon=False)
    figure.savefig("output/ecg.png", dpi=130)


def main():
    os.makedirs("output", exist_ok=True)
    progress(0.1, "finding R peaks")
    peaks = find_r_peaks(ECG_MV)
    times, intervals = normal_intervals(peaks)
    progress(0.5, f"{len(peaks)} beats; spectrum of {len(intervals)} normal intervals")
    frequencies, density = spectrum(times, intervals)
    power = {}
    for name, (low, high) in BANDS_HZ.items():
        inside = (frequencies >= low) & (frequencies <= high)
        power[name] = trapezoid(density[inside], frequencies[inside])
    summary = {
        "beats": len(peaks),
        "mean heart rate (1/min)": round(60000 / intervals.mean(), 1),
        "SDNN (ms)": round(intervals.std(ddof=1), 1),
        "RMSSD (ms)": round(np.sqrt(np.mean(np.diff(intervals) ** 2)), 1),
        "LF power (ms²)": round(power["LF"], 1),
        "HF power (ms²)": round(power["HF"], 1),
        "LF/HF": round(power["LF"] / power["HF"], 2),
    }
    progress(0.7, "drawing")
    draw(peaks, times, intervals, frequencies, density)
    with open("output/intervals.csv", "w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(["time_s", "interval_ms"])
        table.writerows((f"{t:.3f}", f"{i:.1f}") for t, i in zip(times, intervals))
    with open("output/summary.csv", "w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(["measure", "value"])
        table.writerows(summary.items())
    for measure, value in summary.items():
        print(f"{measure:>26}: {value}")
    progress(1.0, "done")


main()
