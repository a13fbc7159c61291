"""The lab: the ward's servers on one machine, as network namespaces with real daemons.

``python -m lab up`` builds it, ``python -m lab down`` removes every trace; ``python -m lab --help`` lists the rest.
Nothing in a lab can reach the machine's own network, and nothing outside can reach the lab.
"""
