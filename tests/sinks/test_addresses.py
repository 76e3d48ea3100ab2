"""Which addresses are refused, from the registries of IANA and the manuals of five clouds."""

from ipaddress import ip_address

import pytest

from sparkmon.sinks.addresses import is_named_inside, why_refused


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.170.2", "fe80::1", "fd00:ec2::254", "fd20:ce::254"),
        *("100.100.100.200", "192.0.0.192", "168.63.129.16"),
        *("0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1"),
        # The same in the clothes of IPv6: mapped, 6to4, NAT64.
        *("::ffff:169.254.169.254", "2002:a9fe:a9fe::", "64:ff9b::a9fe:a9fe", "::ffff:0.0.0.0"),
    ],
)
def test_metadata_and_what_is_no_hosts_is_always_refused(address: str) -> None:
    assert why_refused(ip_address(address), inside=True)
    assert why_refused(ip_address(address), inside=False)


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.5.4", "192.168.1.1", "127.0.0.1", "100.64.0.1"),
        *("::1", "fd12::1", "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1"),
    ],
)
def test_private_addresses_are_for_hosts_inside(address: str) -> None:
    assert why_refused(ip_address(address), inside=True) is None
    assert why_refused(ip_address(address), inside=False) == "it is private"


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_public_addresses_are_taken(address: str) -> None:
    assert why_refused(ip_address(address), inside=False) is None


def test_a_name_says_whether_it_is_inside() -> None:
    inside = ["localhost", "am.monitoring.svc", "am.monitoring.svc.cluster.local", "x.internal."]
    assert all(is_named_inside(name) for name in [*inside, "::1", "10.1.2.3"])
    outside = ["example.com", "svc.example.com", "notlocal.example", "10.1.2.3.example.com"]
    assert not any(is_named_inside(name) for name in outside)
    assert is_named_inside("alerts.example.com", {"alerts.example.com"})
