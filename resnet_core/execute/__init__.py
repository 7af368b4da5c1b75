"""Where work runs: the lab, a process of its own, and the processes it starts.

* ``client``    how a page or the command line speaks to the lab; starts one where there is none
* ``protocol``  the words they use: one JSON line each way over a Unix socket
* ``lab``       the supervisor's life: it listens, looks after things, ends
* ``verbs``     what may be asked of it, and by whom
* ``limits``    what is refused before it starts
* ``runs``      which runs wait and which have a process; crashes
* ``schedule``  whose turn it is
* ``watchers``  who looks at which runs
* ``ledger``    what is written down of runs, also when the store refuses for a while
* ``asking``    how the bench is asked
* ``slots``     the lab's grip on its worker and bench processes
* ``line``      what they say to each other: JSON lines over a socket
* ``worker``    one run in one process
* ``bench``     a warm process for measurements that are answered at once
* ``warm``      what the forkserver imports before the first run is asked for

``client``, ``lab`` and what they import know no PyTorch: the lab is up in a moment, and its
forkserver imports PyTorch once for every process it forks.
"""
