"""Makes data/eeg.csv anew: one minute of a *synthetic* EEG at 250 Hz, the same each time (fixed seed).

A 10 Hz alpha rhythm that comes and goes, pink noise, slow drift, and 60 Hz mains as in Brazil. Microvolts.
"""
import numpy as np

RATE_HZ, SECONDS = 250, 60
chance = np.random.default_rng(208)
time = np.arange(RATE_HZ * SECONDS) / RATE_HZ
frequencies = np.fft.rfftfreq(time.size, 1 / RATE_HZ)
pink = np.fft.irfft((chance.normal(size=frequencies.size) + 1j * chance.normal(size=frequencies.size))
                    / np.sqrt(np.maximum(frequencies, 0.5)), time.size)
closed_eyes = 0.5 * (1 + np.tanh(6 * np.sin(2 * np.pi * time / 20)))
eeg = (18 * closed_eyes * np.sin(2 * np.pi * 10 * time + np.cumsum(chance.normal(scale=0.02, size=time.size)))
       + 10 * pink / pink.std() + 15 * np.sin(2 * np.pi * 60 * time) + 20 * np.sin(2 * np.pi * 0.05 * time))
np.savetxt("data/eeg.csv", eeg, fmt="%.2f", header="microvolts", comments="")
