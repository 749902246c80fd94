"""The crash harness on machines: each worker and the submitter in a network namespace of its own, with keys, over encrypted TCP."""
import subprocess

from harness import BIN, eventually
from netns import Network
from parts import LEASE_WORDS, SLOTS, WORKERS, Pipeline


class NetworkLink:
    """A machine's link to the server, with the words of relay.Link."""

    def __init__(self, network, machine):
        self.network, self.machine = network, machine

    def cut(self):
        """Down and up again at once: what was on its way is lost."""
        self.network.cut(self.machine)
        self.network.heal(self.machine)

    def stall(self, *ways):
        if len(ways) == 2:
            self.network.cut(self.machine)
        elif ways == ("to daemon",):
            self.network.cut_towards_server(self.machine)
        else:
            self.network.cut_towards_machine(self.machine)

    def heal(self):
        self.network.heal(self.machine)

    def close(self):
        self.heal()


class NetworkPipeline(Pipeline):
    LINK_FAULTS = 12

    def start_parts(self, data, steps):
        self.network = Network(WORKERS + 1)
        try:
            self.start_on_machines(data, steps)
        except BaseException:
            self.close()
            raise

    def start_on_machines(self, data, steps):
        network, folder = self.network, self.folder
        for daemon, words in (("ventilator", LEASE_WORDS), ("sink", ())):
            self.add(daemon, *network.on_server(BIN / f"nias-{daemon}", "--data", data, "--machines", "0.0.0.0", *words))
        eventually((data / "keys" / "server.key").exists)
        for i in range(WORKERS):
            at = f"tcp://{network.server_at(i)}:"
            self.add(f"worker{i}", *network.on(i, BIN / "crash_worker", at + "5556", at + "5558", at + "5559", f"worker{i}", folder / f"outbox{i}",
                                               SLOTS, steps, folder / "runs", self.key("worker", f"worker{i}", i)))
            self.links[f"link{i}"] = NetworkLink(network, i)
        at = f"tcp://{network.server_at(WORKERS)}:"
        self.links[f"link{WORKERS}"] = NetworkLink(network, WORKERS)
        self.add("submitter", *network.on(WORKERS, BIN / "crash_submitter", at + "5555", at + "5556", at + "5557", self.seed, self.tasks, steps,
                                          self.told, self.key("submitter", "submitter", WORKERS)))

    def key(self, role, name, machine):
        path = self.folder / f"{name}.key"
        subprocess.run([BIN / "nias", "enroll", role, name, "--host", self.network.server_at(machine), "--output", path,
                        "--data", self.folder / "data"], stdout=self.log, stderr=self.log, check=True)
        return path

    def close(self):
        super().close()
        self.network.close()
