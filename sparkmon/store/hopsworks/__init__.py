"""Hopsworks over its own client: training statistics as references, feature views, online vectors."""

from sparkmon.store.hopsworks.store import HopsworksStore as HopsworksStore
